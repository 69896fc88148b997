// Bytes, and the five kinds of signature. The curve's equations are the browser's (WebCrypto);
// which encodings, keys and assertions are admitted is decided here: order/keys.py, order/passkey.py,
// audit/ed25519.py.
"use strict";

/** Something that does not verify. */
class Refused extends Error {}
/** Something that this page can't decide, with what can. */
class Undecided extends Error {}

const no = (text) => { throw new Refused(text); };
const need = (holds, text) => { if (holds !== true) no(text); };

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (one) => parseInt(one, 16));
const equal = (a, b) => a.length === b.length && a.every((one, place) => one === b[place]);
const hash = async (bytes, name = "SHA-256") =>
  new Uint8Array(await crypto.subtle.digest(name, bytes));

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, one) => size + one.length, 0));
  let at = 0;
  for (const one of parts) { whole.set(one, at); at += one.length; }
  return whole;
}

function fromText(text, fault) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return no(fault);
  }
}

/** Standard base64 in its one form: padded, no bits left over. */
function unbase64(text) {
  let raw = null;
  try { raw = atob(text); } catch { /* said below */ }
  need(raw !== null && btoa(raw) === text, "base64 that is not its own canonical form");
  return Uint8Array.from(raw, (one) => one.charCodeAt(0));
}

const base64url = (bytes) =>
  btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Ed25519 by the one rule: forms and small orders here, the equation by the browser.

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL = [0n, 1n, P - 1n, Y8, P - Y8];
const little = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

function power(base, exponent) {
  let result = 1n;
  for (let left = exponent, square = base % P; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const D = ((P - 121665n) * power(121666n, P - 2n)) % P;

function checkForm(bytes, what) {
  const y = little(bytes) & (2n ** 255n - 1n);
  need(y < P, `${what} that is not in its one form`);
  need(!SMALL.includes(y), `${what} of small order`);
  return y;
}

const sound = new Set();

/** Return only if an Ed25519 key is a point that a key may be. */
function checkPoint(key) {
  const name = hex(key);
  if (sound.has(name)) return;
  need(key.length === 32, "an Ed25519 key that has not 32 bytes");
  const y = checkForm(key, "an Ed25519 key");
  const square = (y * y) % P;
  // x^2 = u / v; a square there iff u * v is one (Euler).
  const product = ((square - 1n + P) * (D * square + 1n)) % P;
  need(power(product, (P - 1n) / 2n) === 1n, "an Ed25519 key that is not a point on the curve");
  sound.add(name);
}

async function imported(key, algorithm) {
  try {
    return await crypto.subtle.importKey("raw", key, algorithm, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") {
      throw new Undecided(`this browser can't verify ${algorithm.name}`);
    }
    return no("a key that is not a point on its curve");
  }
}

async function checkEd25519(key, message, signature) {
  need(signature.length === 64, "an Ed25519 signature that has not 64 bytes");
  need(little(signature.slice(32)) < ORDER, "a signature whose S is not below the group order");
  checkForm(signature.slice(0, 32), "a signature with an R");
  checkPoint(key);
  const algorithm = { name: "Ed25519" };
  const holds = await crypto.subtle.verify(
    algorithm, await imported(key, algorithm), signature, message);
  need(holds, "the signature does not verify");
}

// SSH: a key's blobs differ in their last bytes only, so comparing the rest is the whole reading.

const SK = utf8("sk-ssh-ed25519@openssh.com");
const NAMESPACE = utf8("cheget");
const sshString = (bytes) => {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, bytes.length);
  return join(size, bytes);
};
const SK_PREFIX = join(sshString(SK), new Uint8Array([0, 0, 0, 32]));

function sshInner(form, kind, blob, tail) {
  const inner = join(sshString(kind), sshString(new Uint8Array(64)), new Uint8Array(tail));
  const whole = join(
    utf8("SSHSIG"), new Uint8Array([0, 0, 0, 1]), sshString(form), sshString(NAMESPACE),
    sshString(new Uint8Array(0)), sshString(utf8("sha512")), sshString(inner));
  const at = whole.length - 64 - tail;
  need(blob.length === whole.length && equal(blob.slice(0, at), whole.slice(0, at)),
    "not an SSH signature by the key on the roster, in cheget's namespace");
  return blob.slice(at);
}

const sshSigned = async (message) => join(
  utf8("SSHSIG"), sshString(NAMESPACE), sshString(new Uint8Array(0)), sshString(utf8("sha512")),
  sshString(await hash(message, "SHA-512")));

function securityKey(form) {
  const end = SK_PREFIX.length + 32;
  const application = form.slice(end + 4);
  need(equal(form.slice(0, SK_PREFIX.length), SK_PREFIX)
    && equal(form.slice(end), sshString(application))
    && application.length <= 256
    && equal(application.slice(0, 4), utf8("ssh:")), "a security key that is not in SSH's form");
  return { point: form.slice(SK_PREFIX.length, end), application };
}

async function checkSecurityKey(form, message, blob) {
  const { point, application } = securityKey(form);
  const inner = sshInner(form, SK, blob, 5);
  need((inner[64] & 5) === 5, "a security key that did not check presence and its user");
  const signed = join(
    await hash(application), inner.slice(64), await hash(await sshSigned(message)));
  await checkEd25519(point, signed, inner.slice(0, 64));
}

// Passkeys: a WebAuthn assertion whose challenge is the document's digest.

/** Refuse an object with a key that stands twice, at any depth. `text` is JSON. */
function checkDistinct(text) {
  const open = [];
  let before = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const keys = open.at(-1), name = JSON.parse(before);
      need(!keys.has(name), "a passkey's client data in which a key stands twice");
      keys.add(name);
    }
    before = token;
  }
}

function checkClient(client, party, challenge) {
  const text = fromText(client, "a passkey's client data that is no JSON");
  let said;
  try { said = JSON.parse(text); } catch { no("a passkey's client data that is no JSON"); }
  checkDistinct(text);
  need(said !== null && typeof said === "object" && !Array.isArray(said)
    && own(said, "type") === "webauthn.get",
  "a passkey's answer to something else than a question to sign");
  need(own(said, "challenge") === challenge, "a passkey's signature over another document");
  need(party.origins.includes(own(said, "origin")),
    "a passkey used on a page that the charter doesn't name");
  need([undefined, false].includes(own(said, "crossOrigin")) && !Object.hasOwn(said, "topOrigin"),
    "a passkey used within another page");
}

const own = (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined);

function field(value, most) {
  need(typeof value === "string" && value.length <= 2 * most && /^[A-Za-z0-9_-]*$/.test(value),
    "not a passkey's assertion: a field that is not base64");
  const padded = value.replaceAll("-", "+").replaceAll("_", "/");
  const data = unbase64(padded + "=".repeat((4 - (padded.length % 4)) % 4));
  need(data.length <= most, "not a passkey's assertion: a field too long");
  return data;
}

/** r and s of an ECDSA signature, 32 bytes each, from strict DER. */
function fromDer(raw) {
  const fault = "a passkey's signature that is not in DER";
  let at = 2;
  const integer = () => {
    const size = raw[at + 1], value = raw.slice(at + 2, at + 2 + size);
    need(raw[at] === 2 && size >= 1 && value.length === size && value[0] < 0x80
      && !(size > 1 && value[0] === 0 && value[1] < 0x80), fault);
    at += 2 + size;
    const plain = value[0] === 0 ? value.slice(1) : value;
    need(plain.length <= 32, fault);
    return join(new Uint8Array(32 - plain.length), plain);
  };
  need(raw[0] === 0x30 && raw[1] === raw.length - 2 && raw[1] < 0x80, fault);
  const both = join(integer(), integer());
  need(at === raw.length, fault);
  return both;
}

async function checkPasskey(scheme, key, party, message, signature) {
  need(party.rp_id !== "", "a passkey, and the charter names no page for them");
  const value = decode(fromText(signature, "not a passkey's assertion"));
  need(Object.keys(value).join() === "authenticatorData,clientDataJSON,signature",
    "not a passkey's assertion: it has other fields");
  const data = field(value.authenticatorData, 1024), client = field(value.clientDataJSON, 4096);
  const raw = field(value.signature, 128);
  checkClient(client, party, base64url(await hash(message)));
  need(data.length >= 37 && equal(data.slice(0, 32), await hash(utf8(party.rp_id))),
    "a passkey of another house's page");
  need((data[32] & 5) === 5, "a passkey that did not check presence and its user");
  need(data.length === 37 || (data[32] & 0xc0) !== 0, "a passkey's answer with something behind it");
  const signed = join(data, await hash(client));
  if (scheme === "webauthn-eddsa") return checkEd25519(key, signed, raw);
  need(key.length === 65 && key[0] === 4, "a P-256 key that is not in SEC 1's form");
  const pair = fromDer(raw), curve = { name: "ECDSA", namedCurve: "P-256" };
  const holds = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" }, await imported(key, curve), pair, signed);
  return need(holds, "the signature does not verify");
}

/** Return only if `signature` over `message` is by the roster's `key`, by its own scheme. */
async function checkSignature({ scheme, key }, party, message, signature) {
  const bytes = unhex(key);
  switch (scheme) {
    case "ed25519": return checkEd25519(bytes, message, signature);
    case "sshsig-ed25519": {
      const form = join(sshString(utf8("ssh-ed25519")), sshString(bytes));
      const raw = sshInner(form, utf8("ssh-ed25519"), signature, 0);
      return checkEd25519(bytes, await sshSigned(message), raw);
    }
    case "sshsig-sk-ed25519": return checkSecurityKey(bytes, message, signature);
    case "webauthn-es256":
    case "webauthn-eddsa": return checkPasskey(scheme, bytes, party, message, signature);
    default: return no("a scheme that there is not");
  }
}

/** The bytes of a key's point: equal points are one key, whatever the scheme. */
async function pointOf({ scheme, key }) {
  const bytes = unhex(key);
  if (scheme === "webauthn-es256") {
    need(bytes.length === 65 && bytes[0] === 4, "a P-256 key that is not in SEC 1's form");
    await imported(bytes, { name: "ECDSA", namedCurve: "P-256" });
    return key;
  }
  const point = scheme === "sshsig-sk-ed25519" ? securityKey(bytes).point : bytes;
  checkPoint(point);
  return hex(point);
}
