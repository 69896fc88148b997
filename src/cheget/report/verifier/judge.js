// The whole judgement: pure, told texts, asks nobody. What a line says is shown as text only.

/** What the charter says: its digest, and the law of each chain. It is compared by the reader. */
async function readCharter(text) {
  const value = decode(text), digest = await digestOf("charter", utf8(text));
  const { roster, logs, passkeys } = value;
  const points = new Set(), hold = (point) => {
    need(!points.has(point), "one key stands twice in the charter");
    points.add(point);
  };
  for (const person of Object.values(roster.people)) {
    for (const key of person.keys) hold(await pointOf(key));
  }
  for (const key of Object.values(roster.executors)) {
    need(key.scheme === "ed25519", "an executor's key that is not ed25519");
    hold(await pointOf(key));
  }
  for (const log of [logs.orders, logs.law]) hold(await pointOf({ scheme: "ed25519", key: log.key }));
  need(logs.orders.origin !== logs.law.origin && value.witnesses === "none",
    "logs or witnesses that this page can't judge");
  const laws = [];
  for (const chain of value.chains) laws.push(await lawOf(value, chain));
  return { value, digest, laws, party: passkeys };
}

async function lawOf({ deployment, roster, caps, fresh, logs, passkeys, skew, witnesses }, chain) {
  const posts = {}, people = {};
  for (const { member } of chain.members) {
    const person = own(roster.posts, member);
    if (person !== undefined) posts[member] = person;
  }
  for (const person of Object.values(posts)) people[person] = roster.people[person];
  const law = { caps, chain, deployment, fresh, logs, passkeys, people, posts, skew, witnesses };
  return { ...law, digest: await digestOf("law", utf8(canonical(law))) };
}

const isPart = {
  consistency: (list) => need(Array.isArray(list) && list.length === 0,
    "papers for somebody who holds a head of the log already"),
  envelopes: (list) => need(Array.isArray(list), "no envelopes"),
  latest: (note) => need(typeof note === "string", "no checkpoint"), slice: readSlice,
};

/** The papers, their texts and files by the digests that name them. */
async function readPapers(text) {
  need(!text.startsWith('{"address":{"executor":'), "a code for an executor, and no papers");
  const value = decode(text), beside = (one) => need(
    one !== null && typeof one === "object" && !Array.isArray(one), "no texts or files");
  fields(value, {
    address: (one) => fields(one, {
      executors: (list) => { need(Array.isArray(list), "no list of executors"); list.forEach(isListed); },
      "shares?": beside,
    }),
    ...isPart, files: beside, order: isDigest, published: isPart.latest, texts: beside,
    law: (one) => fields(one, { ...isPart, "charters?": isPart.envelopes, "enrolments?": isPart.envelopes }),
  });
  for (const [name, one] of Object.entries(value.texts)) {
    fields(one, { salt: isNonce, text: isText });
    need(hex(await hash(join(unhex(one.salt), utf8(one.text)))) === name,
      `a text that is not the one named ${name.slice(0, 16)}`);
  }
  for (const [name, one] of Object.entries(value.files)) {
    need(hex(await hash(unbase64(one))) === name, `a file that is not the one named ${name.slice(0, 16)}`);
  }
  return value;
}

/** Checkpoint, tree and envelopes of the law log; what in it touches this order. */
async function readLaw(c) {
  const { papers, charter } = c, shown = papers.law, { logs } = charter.value;
  const latest = await checkpoint(shown.latest, logs.law);
  need(shown.slice.start === 0 && latest.size === shown.slice.headers.length,
    "the log of law is not shown whole, from its first entry to its checkpoint");
  const wanted = new Set(shown.slice.headers.map((_, place) => place + 1));
  c.lawRoots = await rootsOf(0, [], shown.slice.headers, wanted);
  need(c.lawRoots.get(latest.size) === latest.root, "the log of law does not give its checkpoint's root");
  need(shown.envelopes.length === latest.size, "entries of the log of law without their envelopes");
  const entries = entriesOf(shown.slice), seen = [];
  for (const [place, entry] of entries.entries()) {
    const envelope = await openEnvelope(shown.envelopes[place]);
    await checkFiled(entry, envelope, `entry ${place} of the log of law`);
    const { kind, document } = envelope;
    if (kind === "concurrence" && document.size <= latest.size) {
      need(c.lawRoots.get(document.size) === document.root,
        `${envelope.signer} saw a log of law that never was`);
    }
    seen.push({ ...envelope, ...entry, size: place + 1 });
  }
  c.lawSize = latest.size;
  const { version, before, deployment } = charter.value;
  const brought = seen.findIndex((one) => one.kind === "amendment" && one.document.new === charter.digest);
  need(brought >= 0, "the log of law does not hold the amendment that brings this charter");
  const { document } = seen[brought];
  need(document.version === version && (document.old ?? null) === before
    && document.deployment === deployment, "the amendment is not the one of its charter");
  if (version === 1) await checkFounding(c, seen, brought);
  c.amendments = seen.filter((one, place) => one.kind === "amendment" && place !== brought);
  c.lawEntries = seen;
  c.alone = version === 1 && c.amendments.length === 0;
  const later = seen.slice(c.founded);
  need(!c.alone || later.every((one) => ["revocation", "absence", "countermand"].includes(one.kind)),
    "the log of law holds an answer to no amendment");
  await readRevocations(c, brought);
  await readAbsences(c);
  const how = version === 1 ? "agreed to by everybody in it" : `version ${version}`;
  return `${latest.size} entries, signed; the charter is in it, ${how}`;
}

/** A first charter holds once everybody who fills a member's post has agreed, machines apart. */
async function checkFounding(c, seen, brought) {
  const { charter } = c, { chains, roster } = charter.value;
  const members = new Set(chains.flatMap((chain) => chain.members.map((one) => one.member)));
  const asked = new Set(Object.entries(roster.posts)
    .filter(([post, person]) => members.has(post) && !roster.people[person].machine)
    .map(([, person]) => person));
  need(brought === 0 && asked.size > 0, "the log of law begins with another charter");
  const founding = seen[0];
  c.founded = asked.size + 1;
  for (const one of seen.slice(0, c.founded)) {
    await signedBy(own(roster.people, one.signer)?.keys, charter.party, one);
    if (one === founding) continue;
    const { document } = one;
    need(one.kind === "concurrence" && document.order === founding.digest && asked.delete(one.signer)
      && document.acknowledged.length === 0 && !Object.hasOwn(document, "absence")
      && document.level === "amend" && document.seat === one.signer
      && document.prior === founding.digest && document.size > 0 && document.size <= one.position,
    `entry ${one.position} of the log of law is no agreement to the first charter`);
  }
  need(asked.size === 0, "the first charter was not agreed to by everybody in it");
}

/** Keys given up: they stop what they counted in, and sign nothing more. */
async function readRevocations(c, brought) {
  const { charter, lawEntries } = c, { deployment, roster, skew } = charter.value;
  c.revoked = [];
  for (const one of lawEntries.slice(brought)) {
    if (one.kind !== "revocation") continue;
    const person = own(roster.people, one.signer);
    const key = person?.keys.find((each) => each.key === one.document.key);
    // By other charters somebody may hold a key that this one does not give them.
    need(key !== undefined || !c.alone, `${one.signer} gives up a key that they do not hold`);
    if (key === undefined) continue;
    need(one.document.deployment === deployment, "a revocation for another deployment");
    notAhead({ skew }, one, seconds(one.document.revoked_at));
    try {
      await signedBy(person.keys, charter.party, one);
    } catch (error) {
      // Signed, it may be, by a key of another charter: given up either way, which can only stop.
      if (!(error instanceof Refused) || c.alone) throw error;
    }
    const point = await pointOf(key);
    need(!c.alone || c.revoked.every((each) => each.key !== point), "that key is revoked already");
    c.revoked.push({ key: point, at: one.at, size: one.size });
  }
}

/** Who said that they are away; it lets a deputy answer before the member's time is over. */
async function readAbsences(c) {
  c.absences = [];
  for (const one of c.lawEntries) {
    try {
      if (one.kind === "absence") c.absences.push(await absence(c, one));
      const mine = c.absences.find((each) => each.digest === one.document.subject);
      if (one.kind === "countermand" && mine !== undefined) await comeBack(c, one, mine);
      else need(one.kind !== "countermand", "a countermand of what there is not");
    } catch (error) {
      if (!(error instanceof Refused) || c.alone) throw error;  // else it quickens nobody
    }
  }
}

async function absence({ charter, revoked }, one) {
  const { deployment, roster, skew } = charter.value, { document, signer } = one;
  need(document.deployment === deployment && seconds(document.until) > one.at - skew
    && !isMachine(roster, signer), "an absence that nobody could log");
  const { point } = await signedBy(own(roster.people, signer)?.keys, charter.party, one);
  const gone = revoked.find((each) => each.key === point)?.size;
  need(gone === undefined || gone > one.size, "an absence by a key that was revoked");
  return { ...one, ended: gone };
}

async function comeBack({ alone, charter }, one, mine) {
  need(!alone || mine.ended === undefined, "an absence that has ended already");
  mine.ended = Math.min(mine.ended ?? one.size, one.size);  // that only slows deputies
  need(one.signer === mine.signer, "an absence is taken back by its own signer");
  notAhead(charter.value, one, seconds(one.document.answered_at));
  await signedBy(own(charter.value.roster.people, one.signer)?.keys, charter.party, one);
}

/** What the chain allows an order to say, and the list of executors that it names. */
async function checkAllowed(c) {
  const { law, papers } = c, order = c.order.document;
  const action = law.chain.actions.find((one) => one.action === order.action);
  need(action !== undefined, `${law.chain.chain} has no action ${order.action}`);
  const given = Object.keys(order.parameters), wanted = action.parameters.map(([name]) => name);
  need([...given].sort().join() === [...wanted].sort().join(), "other parameters than the action takes");
  for (const [name, parameter] of action.parameters) {
    need(fits(parameter, order.parameters[name], papers.files), `${name}: not what the chain allows`);
  }
  const { count, root } = order.executors, listed = papers.address.executors;
  need(count >= 1 && count <= action["at-most"], "more executors, or fewer, than the action may name");
  need(seconds(order.decide_by) === seconds(order.transmitted_at) + action["decide-within"],
    "another time to decide than the chain gives");
  need(canonical(order.acknowledged) === canonical(action.acknowledge),
    "it acknowledges something else than the action asks");
  need(order.attestations.length === 0 || action.conditions.length > 0,
    `${action.action} has no conditions to attest to`);
  const ids = listed.map((one) => one.split("/")[0]);
  need(ids.every((one, place) => place === 0 || ids[place - 1] < one), "a list of executors not sorted");
  const roots = await rootsOf(0, [], listed, new Set([listed.length]));
  need(listed.length === count && roots.get(count) === root,
    "the list of executors is not the one that was signed");
  for (const one of ids) {
    const kind = law.chain.executors.find((each) => declares(each, one));
    need(kind !== undefined && action.executors.includes(kind.executor), `${action.action} may not name ${one}`);
  }
  need(listed.some((one) => one.includes("/")) === Object.hasOwn(order, "shares"),
    "shares go with a sealed executor, and only with one");
  return `${action.action} of ${law.chain.title}, ${count} executor${count === 1 ? "" : "s"}, as the chain allows it`;
}

function declares({ executor, count }, name) {
  if (count === null) return name === executor;
  const number = name.slice(executor.length + 1);
  return name === `${executor}-${number}` && /^[0-9]+$/.test(number)
    && number === String(Number(number)).padStart(4, "0") && Number(number) >= 1 && Number(number) <= count;
}

const UNFIT = /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/u;

function fits(parameter, value, files) {
  switch (parameter.kind) {
    case "text": return !UNFIT.test(value) && utf8(value).length <= parameter["up-to"];
    case "one-of": return parameter.choices.includes(value);
    case "sha256": return /^[0-9a-f]{64}$/.test(value);
    case "file": {
      const held = own(files, value);
      return /^[0-9a-f]{64}$/.test(value) && held !== undefined
        && unbase64(held).length <= parameter["up-to"];
    }
    case "number": {
      if (!isNumber(value)) return false;
      const places = Math.max(...[value, parameter.low, parameter.high].map(decimals));
      const [at, low, high] = [value, parameter.low, parameter.high].map((one) => scaled(one, places));
      return low <= at && at <= high;
    }
    default: return false;
  }
}

/** Both checkpoints, the tree under them, and each envelope of the threads shown. */
async function readLog(c) {
  const { papers, charter } = c, { slice } = papers, key = charter.value.logs.orders;
  const latest = await checkpoint(papers.latest, key);
  const published = await checkpoint(papers.published, key);
  const size = slice.start + slice.headers.length;
  need(latest.size === size && published.size <= size, "the slice does not end at the latest checkpoint");
  const wanted = new Set([size, published.size]);
  for (const one of c.filed) if (one.document.size !== undefined) wanted.add(one.document.size);
  c.roots = await rootsOf(slice.start, slice.peaks.map(unhex), slice.headers, wanted);
  for (const one of [latest, published]) {
    need(c.roots.get(one.size) === one.root, `the slice does not give the checkpoint's root at size ${one.size}`);
  }
  const threads = new Set([papers.order, ...c.order.document.attestations]), begun = new Set();
  c.entries = [];
  c.headers = entriesOf(slice);
  c.mentions = new Map();
  for (const entry of c.headers) {
    c.loggedAt = entry.at;
    if (entry.kind === "law") {
      need(entry.size <= c.lawSize, "the log mentions a log of law larger than the one shown");
      need(entry.size === 0 || c.lawRoots.get(entry.size) === entry.root,
        `entry ${entry.position} mentions a log of law that never was`);
      if (!c.mentions.has(entry.size)) c.mentions.set(entry.size, entry.position);
    } else if (threads.has(entry.subject)) {
      need((entry.seq === 0) !== begun.has(entry.subject), "a thread that does not begin in the slice");
      begun.add(entry.subject);
      const envelope = c.filed[c.entries.length];
      await checkFiled(entry, envelope, `entry ${entry.position}`);
      c.entries.push({ ...envelope, position: entry.position, at: entry.at });
    }
  }
  need(c.entries.length === c.filed.length, "an envelope is shown that the log does not hold");
  need(begun.size === threads.size, "the log does not hold all that the order rests on");
  c.size = size;
  return `both checkpoints signed; root at size ${size} from ${slice.headers.length} headers`
    + ` and the peaks before them; ${c.entries.length} envelopes, each the one that its header names`;
}

async function checkSignatures(c) {
  for (const entry of c.entries) {
    const where = `entry ${entry.position}, ${entry.kind} by ${entry.signer}`;
    try {
      const key = await signedBy(own(c.law.people, entry.signer)?.keys, c.charter.party, entry);
      entry.key = key.point;
      entry.scheme = key.scheme;
      entry.ownDevice = !key.scheme.startsWith("webauthn-");
    } catch (error) {
      if (error instanceof Refused) no(`${where}: ${error.message}`);
      throw error;
    }
    for (const one of c.revoked) {
      need(one.key !== entry.key || entry.position <= (c.mentions.get(one.size) ?? NEVER),
        `${where}: by a key that was revoked`);
    }
  }
  const each = c.entries.length === 1 ? "1 signature" : `${c.entries.length} signatures`;
  return `${each}, each by a key of the signer it names`;
}

async function checkCount(c) {
  const ordered = c.entries.find((one) => one.kind === "order");
  const mentioned = (size, at) => c.mentions.get(size) ?? (at < ordered.at ? -1 : NEVER);
  const closings = c.revoked.map((one) => ({ ...one, position: mentioned(one.size, one.at) }));
  const aways = new Map(c.absences.map((one) => [one.digest, {
    signer: one.signer, from: seconds(one.document.from), until: seconds(one.document.until),
    begins: c.mentions.get(one.size) ?? (one.at <= ordered.at ? -1 : NEVER),
    ends: one.ended === undefined ? NEVER : c.mentions.get(one.ended) ?? -1,
  }]));
  const p = await fold(c.law, c.entries, closings, aways);
  for (const { person, entry } of counted(p)) {
    if (entry.kind === "order") continue;
    need(c.roots.get(entry.document.size) === entry.document.root, `${person} saw a head that this log never had`);
  }
  lapse(p, c.loggedAt);
  c.proceeding = p;
  await checkChanges(c, ordered);
  const levels = p.rungs.filter(isComplete).length;
  return `${levels} of ${p.rungs.length} levels met, in order, one person one seat: ${stateOf(p)}`;
}

/** A change of the chain's law closes an order on its way; whether one came about is not judged. */
async function checkChanges(c, ordered) {
  const p = c.proceeding, charters = new Map();
  for (const text of c.papers.law.charters ?? []) {
    const other = await lawsOf(text);
    charters.set(other.digest, other.laws);
  }
  for (const one of c.amendments) {
    if (charters.get(one.document.new)?.has(c.law.digest)) continue;
    for (const entry of c.lawEntries) {
      if (entry.kind !== "concurrence" || entry.document.order !== one.digest) continue;
      const position = c.mentions.get(entry.size) ?? (entry.at < ordered.at ? -1 : NEVER);
      if (position < ordered.position) continue;
      const ended = { ...p };
      lapse(ended, entry.at);
      const over = ended.ending;
      if (over !== null && (over.position === undefined ? over.at <= entry.at : over.position < position)) continue;
      throw new Undecided("an amendment of this chain's law was agreed to while the order was on its way;"
        + " whether it took effect, which closes the order, is for `cheget verify` to say");
    }
  }
}

async function lawsOf(text) {
  const value = decode(text), laws = new Set();
  for (const chain of value.chains) laws.add((await lawOf(value, chain)).digest);
  return { digest: await digestOf("charter", utf8(text)), laws };
}

/** The last receipt of each executor named: in the log, and by the executor's own key. */
async function checkReceipts(c, stored) {
  const listed = c.papers.address.executors.map((one) => one.split("/")[0]), due = new Map();
  for (const executor of listed) due.set(await receiptSubject(c.papers.order, executor), null);
  for (const entry of c.headers) if (due.has(entry.subject)) due.set(entry.subject, entry);
  c.receipts = [];
  for (const text of stored) {
    const receipt = await openEnvelope(text), where = `the receipt of ${receipt.signer}`;
    need(receipt.kind === "receipt" && receipt.document.order === c.papers.order
      && receipt.document.deployment === c.charter.value.deployment, `${where}: for another order`);
    const subject = await subjectOf(receipt), entry = due.get(subject);
    need(entry !== null && entry !== undefined, `${where}: not in the log, or of an executor not named`);
    await checkFiled(entry, receipt, where);
    due.delete(subject);
    const key = own(c.charter.value.roster.executors, receipt.signer);
    try {
      await signedBy(key === undefined ? [] : [key], c.charter.party, receipt);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (c.amendments.length === 0) no(`${where}: ${error.message}`);
      throw new Undecided(`${where} is not by a key of this charter; it may be by one of a later one:`
        + " `cheget log verify` tells");
    }
    const { release } = c.proceeding;
    need(release !== null && receipt.document.release === release.digest, `${where}: of another release`);
    c.receipts.push({ ...receipt, at: entry.at });
  }
  need([...due.values()].every((one) => one === null), "the log has a receipt that this file lacks");
  return c.receipts.length === 0 ? "none in the log"
    : `${c.receipts.length}, each by its executor's key and in the log`;
}

const STEPS = [
  ["charter", async (c, given) => {
    c.charter = await readCharter(given.charter);
    return `version ${c.charter.value.version} of ${c.charter.value.house}; ${c.charter.digest}`;
  }],
  ["form", async (c, given) => {
    c.papers = await readPapers(given.papers);
    c.filed = [];
    for (const one of c.papers.envelopes) c.filed.push(await openEnvelope(one));
    const orders = c.filed.filter((one) => one.kind === "order");
    need(orders.length === 1 && orders[0].digest === c.papers.order,
      "it does not hold the one order that it is about");
    [c.order] = orders;
    const texts = Object.keys(c.papers.texts).length;
    return `everything in its one form; ${texts} texts, each the one whose digest is signed`;
  }],
  ["law", async (c) => {
    c.law = c.charter.laws.find((one) => one.digest === c.order.document.law);
    need(c.law !== undefined, "the order names another law than any chain of this charter");
    need(c.order.document.deployment === c.charter.value.deployment, "an order of another deployment");
    return `the order names the law of ${c.law.chain.title} in this charter`;
  }],
  ["log of law", readLaw],
  ["allowed", checkAllowed],
  ["log of orders", readLog],
  ["signatures", checkSignatures],
  ["count", checkCount],
  ["receipts", (c, given) => checkReceipts(c, given.receipts)],
];

/**
 * Judge {charter, papers, receipts}: texts, all of them untrusted.
 * Gives {verdict: "holds" | "not" | "undecided", lines, found}; each line {name, holds, says},
 * where holds is true, false, "undecided", or null of what was not reached.
 * That everything holds says nothing until the reader has compared the charter's digest.
 */
async function judge(given) {
  const lines = [], found = {};
  let verdict = "holds";
  for (const [name, check] of STEPS) {
    if (verdict !== "holds") {
      lines.push({ name, holds: null, says: "not reached" });
      continue;
    }
    try {
      lines.push({ name, holds: true, says: await check(found, given) });
    } catch (error) {
      const undecided = error instanceof Undecided;
      verdict = undecided ? "undecided" : "not";
      const says = undecided || error instanceof Refused ? error.message : `malformed: ${error.message}`;
      lines.push({ name, holds: undecided ? "undecided" : false, says });
    }
  }
  return { verdict, lines, found };
}
