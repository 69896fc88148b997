// Both logs: RFC 6962 trees by their peaks, headers, checkpoints: spec/log.md.

const leafHash = (text) => hash(join(new Uint8Array([0]), utf8(text)));
const nodeHash = (left, right) => hash(join(new Uint8Array([1]), left, right));

/** The root at every size from `start` on, while leaves are appended to the peaks before them. */
async function rootsOf(start, peaks, leaves, wanted) {
  const bits = start.toString(2).split("1").length - 1;
  need(peaks.length === bits, `size ${start} has ${bits} peaks, not ${peaks.length}`);
  const row = [...peaks], found = new Map();
  const keep = async (size) => {
    if (!wanted.has(size)) return;
    let node = row.at(-1) ?? await hash(new Uint8Array(0));
    for (let place = row.length - 2; place >= 0; place -= 1) node = await nodeHash(row[place], node);
    found.set(size, hex(node));
  };
  await keep(start);
  let size = start;
  for (const leaf of leaves) {
    let node = await leafHash(leaf);
    // Each trailing 1 bit of the size is a subtree that the new leaf completes.
    for (let bit = size; bit % 2 === 1; bit = Math.floor(bit / 2)) {
      node = await nodeHash(row.pop(), node);
    }
    row.push(node);
    size += 1;
    await keep(size);
  }
  return found;
}

const AT = '\\{"at":"([0-9TZ:-]{20})",';
const HEADER = new RegExp(
  `^${AT}"envelope":"([0-9a-f]{64})","kind":"([a-z](?:-?[a-z]){0,31})",`
  + '"seq":(0|[1-9][0-9]{0,15}),"subject":"([0-9a-f]{64})"\\}$');
const MENTION = new RegExp(
  `^${AT}"kind":"law","root":"([0-9a-f]{64})","size":(0|[1-9][0-9]{0,15})\\}$`);

function header(text) {
  let found = HEADER.exec(text);
  if (found !== null && found[3] !== "law") {
    const seq = Number(found[4]);
    isSize(seq);
    return { at: seconds(found[1]), envelope: found[2], kind: found[3], seq, subject: found[5] };
  }
  found = MENTION.exec(text);
  need(found !== null, "not a header in its one form");
  const size = Number(found[3]);
  isSize(size);
  return { at: seconds(found[1]), kind: "law", root: found[2], size };
}

/** The entries of a slice, in order, by the laws that a log keeps. */
function entriesOf({ headers, start }) {
  let at = 0, law = null;
  const threads = new Map();
  return headers.map((text, place) => {
    const position = start + place, entry = { ...header(text), position };
    need(entry.at >= at, `entry ${position}: time falls`);
    at = entry.at;
    if (entry.kind === "law") {
      need(law === null || entry.size > law.size
        || (entry.size === law.size && entry.root === law.root),
      `entry ${position}: the law log shrinks, or has two roots`);
      law = entry;
    } else {
      const due = threads.get(entry.subject) ?? (start === 0 ? 0 : entry.seq);
      need(entry.seq === due, `entry ${position}: seq ${entry.seq} where ${due} is due`);
      threads.set(entry.subject, due + 1);
    }
    return entry;
  });
}

function readSlice(value) {
  fields(value, {
    headers: (list) => need(Array.isArray(list) && list.length <= 100000
      && list.every((one) => typeof one === "string" && one.length <= 512), "not headers"),
    peaks: (list) => { need(Array.isArray(list), "not peaks"); list.forEach(isDigest); },
    start: isSize,
  });
  return value;
}

/** Size and root of a signed note, only if it is this log's own and its key signed it. */
async function checkpoint(note, { origin, key }) {
  need(typeof note === "string" && utf8(note).length <= 4096, "a checkpoint that is too large");
  const gap = note.indexOf("\n\n");
  need(gap > 0 && note.endsWith("\n") && note.length > gap + 2, "not a signed note");
  const body = note.slice(0, gap + 1), lines = note.slice(gap + 2, -1).split("\n");
  const found = /^([!-*,-~]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(body);
  need(found !== null, "not a checkpoint of three lines: origin, size, root");
  const size = Number(found[2]), root = hex(unbase64(found[3]));
  isSize(size);
  need(found[1] === origin, `a checkpoint of ${found[1]}, not of ${origin}`);
  const id = (await hash(join(utf8(`${origin}\n`), new Uint8Array([1]), unhex(key)))).slice(0, 4);
  const signatures = lines.map((line) => {
    const parts = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    need(parts !== null, "a checkpoint with what is no signature line");
    const held = unbase64(parts[2]);
    need(held.length > 4, "a checkpoint with what is no signature line");
    return { name: parts[1], id: held.slice(0, 4), signature: held.slice(4) };
  }).filter((one) => one.name === origin && equal(one.id, id));
  need(signatures.length === 1, `a checkpoint with ${signatures.length} signatures by its log`);
  try {
    await checkEd25519(unhex(key), utf8(body), signatures[0].signature);
  } catch (error) {
    if (error instanceof Refused) no(`the checkpoint of ${origin}: ${error.message}`);
    throw error;
  }
  return { size, root };
}

/** The envelope that a header names: that one and no other. */
async function checkFiled(entry, envelope, what) {
  need(envelope !== undefined && entry.envelope === envelope.storedDigest
    && entry.kind === envelope.kind && entry.subject === await subjectOf(envelope),
  `${what}: its envelope is missing, or another is shown`);
}
