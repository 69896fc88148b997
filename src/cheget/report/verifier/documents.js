// Canonical JSON, envelopes, documents and their fields: spec/documents.md, read strictly.

/** RFC 8785 on the domain of our documents: integers, text, lists, objects. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const pairs = Object.keys(value).sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${pairs.join(",")}}`;
  }
  if (typeof value === "number") need(Number.isSafeInteger(value), "a number that is none of ours");
  return JSON.stringify(value);
}

/** The value whose canonical text this is. A key that stands twice has no canonical text. */
function decode(text) {
  let value;
  try { value = JSON.parse(text); } catch { no("not JSON"); }
  need(canonical(value) === text, "the bytes are not their own canonical form");
  return value;
}

/** Seconds since 1970 of an instant in its one form. */
function seconds(text) {
  need(typeof text === "string" && /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text),
    "not an instant");
  const at = Date.parse(text);
  need(Number.isSafeInteger(at) && instant(at / 1000) === text, "a day that no calendar has");
  return at / 1000;
}

const instant = (at) => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;

const shaped = (name, pattern) => (value) =>
  need(typeof value === "string" && pattern.test(value), `not ${name}`);
const isId = shaped("an id", /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
const isPost = shaped("a post", /^[a-z0-9-]{1,50}(\/[a-z0-9-]{1,50})?$/);
const isDigest = shaped("a digest", /^[0-9a-f]{64}$/);
const isNonce = shaped("128 bits in hex", /^[0-9a-f]{32}$/);
const isHex = shaped("bytes in hex", /^([0-9a-f]{2}){1,1024}$/);
const isListed = shaped(
  "an executor of an order", /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\/[1-9][0-9]{0,15})?$/);
const isOutcome = shaped("an outcome", /^(carried-out|refused|failed|unknown)$/);
const isSize = (value) => need(Number.isSafeInteger(value) && value >= 0, "not a size");
const isText = (value) => need(
  typeof value === "string" && utf8(value).length <= 4096
    && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value.replaceAll("\u200d", "")),
  "not a text that can be shown");
const isTexts = (value) => { need(Array.isArray(value), "not a list"); value.forEach(isText); };
const isDigests = (value) => {
  need(Array.isArray(value), "not a list");
  value.forEach(isDigest);
  need(value.every((one, place) => place === 0 || value[place - 1] < one), "a list not sorted");
};
const isParameters = (value) => {
  need(value !== null && typeof value === "object" && !Array.isArray(value), "not parameters");
  for (const [name, one] of Object.entries(value)) { isId(name); isText(one); }
};
const isHead = (value) => fields(value, { root: isDigest, size: isSize });
const isNamed = (value) => fields(value, { count: isSize, root: isDigest });

/** Return only if an object has exactly these fields; a name that ends in ? may be missing. */
function fields(value, spelt) {
  need(value !== null && typeof value === "object" && !Array.isArray(value), "not an object");
  let left = Object.keys(value).length;
  for (const [name, check] of Object.entries(spelt)) {
    const plain = name.replace("?", "");
    if (Object.hasOwn(value, plain)) { left -= 1; check(value[plain]); }
    else need(name !== plain, `the field ${plain} is missing`);
  }
  need(left === 0, "fields that are unknown");
}

const KINDS = {
  order: {
    acknowledged: isTexts, action: isId, attestations: isDigests, decide_by: seconds,
    deployment: isNonce, executors: isNamed, law: isDigest, nonce: isNonce, originator: isId,
    parameters: isParameters, reason: isDigest, seat: isId, transmitted_at: seconds,
    "shares?": isDigest,
  },
  concurrence: {
    acknowledged: isTexts, answered_at: seconds, level: isId, order: isDigest, prior: isDigest,
    reason: isDigest, root: isDigest, seat: isPost, signer: isId, size: isSize,
    "absence?": isDigest, "shares?": isDigest,
  },
  refusal: { answered_at: seconds, order: isDigest, reason: isDigest, signer: isId, "seat?": isPost },
  question: { asked_at: seconds, order: isDigest, reason: isDigest, signer: isId },
  countermand: { answered_at: seconds, reason: isDigest, signer: isId, subject: isDigest },
  attestation: {
    action: isId, condition: isId, deployment: isNonce, from: seconds, law: isDigest,
    nonce: isNonce, seat: isId, signer: isId, statement: isDigest, until: seconds,
  },
  review: { answered_at: seconds, finding: isDigest, order: isDigest, release: isDigest, signer: isId },
  receipt: {
    acted_at: seconds, crew: isDigests, deployment: isNonce, executor: isId, law: isHead,
    order: isDigest, orders: isHead, outcome: isOutcome, output: isDigest, release: isDigest,
    "looked?": isId, "resolves?": isDigest,
  },
  amendment: {
    decide_by: seconds, deployment: isNonce, new: isDigest, proposed_at: seconds,
    reason: isDigest, signer: isId, version: isSize, "old?": isDigest,
  },
  absence: { deployment: isNonce, from: seconds, nonce: isNonce, signer: isId, until: seconds },
  revocation: {
    deployment: isNonce, key: isHex, reason: isDigest, revoked_at: seconds, signer: isId,
  },
};

/** What a signature is over (DSSE), and the digest of a document: never of its signature. */
function preAuthentication(kind, payload) {
  const type = utf8(`application/vnd.cheget.${kind}.v1+json`);
  return join(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

const digestOf = async (kind, payload) => hex(await hash(preAuthentication(kind, payload)));

const SHAPE = new RegExp(
  '^\\{"payload":"([A-Za-z0-9+/]+={0,2})",'
  + '"payloadType":"application/vnd\\.cheget\\.([a-z-]{1,40})\\.v1\\+json",'
  + '"signatures":\\[\\{"keyid":"([a-z0-9-]{0,64})","sig":"([A-Za-z0-9+/]+={0,2})"\\}\\]\\}$');

/** An envelope as stored, and what it holds, read strictly; its signature is not looked at. */
async function openEnvelope(stored) {
  need(typeof stored === "string" && stored.length <= 65536, "an envelope that is too large");
  const found = SHAPE.exec(stored);
  need(found !== null, "not an envelope in canonical form");
  const kind = found[2], spelt = own(KINDS, kind);
  need(spelt !== undefined, `an envelope that holds a ${kind}`);
  const payload = unbase64(found[1]);
  const document = decode(fromText(payload, "a document that is not UTF-8"));
  fields(document, spelt);
  const signed = preAuthentication(kind, payload);
  if (kind === "order") {
    need(seconds(document.transmitted_at) < seconds(document.decide_by),
      "it must be decided before it is transmitted");
  }
  if (kind === "attestation" || kind === "absence") {
    need(seconds(document.from) < seconds(document.until), "it ends before it begins");
  }
  if (kind === "receipt") {
    need(Object.hasOwn(document, "looked") === Object.hasOwn(document, "resolves"),
      "who looked and what it resolves go together");
  }
  return {
    stored, kind, document, signed, signature: unbase64(found[4]), digest: hex(await hash(signed)),
    storedDigest: hex(await hash(utf8(stored))), signer: signerOf(kind, document),
  };
}

const SIGNERS = { order: "originator", receipt: "executor" };
const signerOf = (kind, document) => document[own(SIGNERS, kind) ?? "signer"];

/** The thread to which a document's entry belongs. */
async function subjectOf({ kind, digest, document }) {
  if (kind === "receipt") return receiptSubject(document.order, document.executor);
  if (kind === "countermand") return document.subject;
  return kind === "order" || kind === "attestation" ? digest : document.order ?? digest;
}

const receiptSubject = async (order, executor) =>
  hex(await hash(join(unhex(order), utf8(executor))));

/** The key of the signer, among those the charter gives them, under which it verifies. */
async function signedBy(keys, party, envelope) {
  need(Array.isArray(keys) && keys.length > 0, `nobody named ${envelope.signer} holds a key`);
  let fault = "";
  for (const key of keys) {
    try {
      await checkSignature(key, party, envelope.signed, envelope.signature);
      return { ...key, point: await pointOf(key) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      fault = error.message;
    }
  }
  return no(`the ${envelope.kind} is not signed by ${envelope.signer}: ${fault}`);
}

/** Six words of a digest: an address for people, never a proof. */
function inWords(digest) {
  const bits = BigInt(`0x${digest}`);
  return [0, 1, 2, 3, 4, 5]
    .map((place) => WORDS[Number((bits >> BigInt(256 - 11 * (place + 1))) & 2047n)]).join(" ");
}
