// Who counts, in log order: the ladder of order/fold.py, one person one seat, terminal is terminal.

const NEVER = 2 ** 53;  // after every entry: the log of orders does not mention it yet

/** Whether those present meet a rule. Nobody present meets none. */
function isMet([word, least, items], present) {
  if (word === "of") {
    const met = items.filter((one) =>
      (typeof one === "string" ? present.has(one) : isMet(one, present))).length;
    return met >= least && least > 0;
  }
  need(word === "carry" || word === "carry-more", "a rule of a kind that there is not");
  const places = Math.max(...[least, ...items.map(([, weight]) => weight)].map(decimals));
  const bound = scaled(least, places);
  const carried = items.filter(([name]) => present.has(name))
    .reduce((sum, [, weight]) => sum + scaled(weight, places), 0n);
  return word === "carry-more" ? carried > bound : carried >= bound && bound > 0n;
}

const decimals = (text) => (text.split(".")[1] ?? "").length;
const scaled = (text, places) => {
  const [whole, part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(places, "0"));
};
const isNumber = (text) => text.length <= 80 && /^(0|[1-9][0-9]*)(\.[0-9]+)?$/.test(text);

function namesIn([word, , items]) {
  if (word !== "of") return items.map(([name]) => name);
  return items.flatMap((one) => (typeof one === "string" ? [one] : namesIn(one)));
}

/** Who may answer in a seat, and after how many seconds of the member's silence. */
function fillersOf(law, seat) {
  const found = new Map(), member = law.chain.members.find((one) => one.member === seat);
  const person = own(law.posts, seat);
  if (person !== undefined) found.set(person, 0);
  for (const deputy of member.deputies) {
    const other = own(law.posts, deputy.member);
    if (other === undefined || other === person) continue;
    found.set(other, Math.min(deputy.after, found.get(other) ?? Infinity));
  }
  return found;
}

const isMachine = (law, person) => own(law.people, person)?.machine === true;
const notAhead = (law, entry, claimed) => need(claimed <= entry.at + law.skew,
  "it claims to be signed later than it was logged");

/** The state that entries amount to. `closings`: revoked keys, where the log mentions them. */
async function fold(law, entries, closings, aways) {
  const attested = new Map();
  let p = null;
  for (const entry of entries) {
    const { document, kind } = entry;
    try {
      if (p !== null) close(p, closings, entry.position);
      if (p !== null) entry.effect = await step(p, entry);
      else if (kind === "attestation") {
        need(!attested.has(entry.digest), "that attestation, again");
        attested.set(entry.digest, attest(law, entry));
        entry.effect = "attests";
      } else if (kind === "countermand" && attested.has(document.subject)) {
        withdraw(law, attested.get(document.subject), entry);
        entry.effect = "takes back";
      } else {
        need(kind === "order", "before its order");
        p = await begin(law, entry, [...attested.values()], aways);
        entry.effect = "transmits";
      }
    } catch (error) {
      if (error instanceof Refused) no(`entry ${entry.position}, ${entry.kind} by ${entry.signer}: ${error.message}`);
      throw error;
    }
  }
  close(p, closings, Infinity);
  return p;
}

function close(p, closings, before) {
  for (const one of closings) {
    if (p.ending !== null || one.position >= before) return;
    const keys = [...counted(p), ...p.attested].map((each) => each.key);
    if (!keys.includes(one.key)) continue;
    lapse(p, one.at);
    p.ending ??= { state: "closed", at: one.at, position: one.position,
      why: "a key that counted in it was revoked" };
  }
}

function attest(law, { document, digest, signer, key }) {
  need(document.deployment === law.deployment && document.law === law.digest,
    "an attestation under another law");
  const condition = law.chain.conditions.find((one) => one.condition === document.condition);
  need(condition !== undefined
    && law.chain.actions.some((one) => one.action === document.action),
  "an attestation of what the chain lacks");
  need(namesIn(condition["attested-by"]).includes(document.seat)
    && own(law.posts, document.seat) === signer && !isMachine(law, signer),
  `${signer} may not attest to it`);
  return { ...document, digest, key, withdrawn: false };
}

function withdraw(law, attestation, entry) {
  need(entry.kind === "countermand" && entry.signer === attestation.signer,
    "only its signer takes an attestation back");
  notAhead(law, entry, seconds(entry.document.answered_at));
  need(!attestation.withdrawn, "that attestation was taken back already");
  attestation.withdrawn = true;
}

async function begin(law, entry, attested, aways) {
  const { document: order, digest, signer } = entry;
  const action = law.chain.actions.find((one) => one.action === order.action);
  const levels = law.chain.levels.filter(
    (one) => one.actions.length === 0 || one.actions.includes(order.action));
  const head = levels[0];
  need(head !== undefined && head.members.includes(order.seat), "it has no seat at the head");
  need(own(law.posts, order.seat) === signer, `${signer} does not fill ${order.seat}`);
  need(!head["own-device"] || entry.ownDevice, `${head.level} signs on a device of its own`);
  const transmitted = seconds(order.transmitted_at);
  notAhead(law, entry, transmitted);
  const rungs = levels.map((level) => ({ level, counted: [], prior: null, opened: 0, openedAt: 0 }));
  Object.assign(rungs[0], { prior: digest, opened: entry.position, openedAt: transmitted });
  const p = {
    law, order, digest, action, rungs, attested, aways, position: entry.position,
    loggedAt: entry.at, refusals: [], late: [], answered: new Set(), reviews: [],
    release: null, ending: null,
  };
  need(attested.map((one) => one.digest).sort().join() === order.attestations.join()
    && attested.every((one) => one.action === order.action),
  "it rests on other attestations than the log shows");
  need(entry.at < seconds(order.decide_by), "it was logged after it had to be decided");
  need(conditionsMet(p, entry.at), "a condition of the action is not attested to");
  await count(p, 0, { seat: order.seat, person: signer, answeredAt: transmitted, entry });
  return p;
}

const counted = (p) => p.rungs.flatMap((rung) => rung.counted);
const seatsOf = (rung) => new Set(rung.counted.map((one) => one.seat));
const isComplete = (rung) => isMet(rung.level.rule, seatsOf(rung));
const stateOf = (p) => p.ending?.state ?? (p.release !== null ? "released" : "open");
const refused = (p, person) => p.refusals.some((one) => one.person === person);
const hasSay = (p, person) => p.rungs.some((rung) =>
  rung.level.members.some((seat) => fillersOf(p.law, seat).has(person)));
const isMember = (p, person) => p.rungs.some((rung) =>
  rung.level.members.some((seat) => own(p.law.posts, seat) === person));
const wasCounted = (p, person) => counted(p).some(
  (one) => one.person === person || own(p.law.posts, one.seat) === person);
const isSpent = (p, person, seat, level) => (p.law.chain.repeatable
  ? p.rungs.some((rung) => rung.level.level === level
    && rung.counted.some((one) => one.person === person && one.seat === seat))
  : counted(p).some((one) => one.person === person));

function conditionsMet(p, at) {
  return p.action.conditions.every((name) => {
    const condition = p.law.chain.conditions.find((one) => one.condition === name);
    const held = p.attested.filter((one) => one.condition === name
      && one.action === p.order.action && !one.withdrawn && one.signer !== p.order.originator
      && seconds(one.from) <= at && at < seconds(one.until));
    return isMet(condition["attested-by"], new Set(held.map((one) => one.seat)));
  });
}

/** End what only time ends, at that instant. */
function lapse(p, at) {
  if (p.ending !== null) return;
  if (p.release !== null) {
    const end = p.release.at + p.action.hold + p.action["valid-for"];
    if (at >= end) p.ending = { state: "expired", at: end };
    return;
  }
  const until = seconds(p.order.decide_by);
  const gone = [...new Set(p.attested.map((one) => seconds(one.until)))].sort((a, b) => a - b)
    .find((one) => p.loggedAt < one && one <= at && !conditionsMet(p, one));
  if (gone !== undefined && gone < until) {
    p.ending = { state: "stopped", at: gone, why: "an attestation has lapsed" };
  } else if (at >= until) {
    p.ending = { state: "expired", at: until, level: pending(p)?.level.level };
  }
}

const pending = (p) => p.rungs.find((rung) => !isComplete(rung));

async function step(p, entry) {
  lapse(p, entry.at);
  const { kind, document } = entry;
  const about = kind === "countermand" ? p.digest : document.order;
  need(about === p.digest, "an answer to another order");
  const claimed = document.answered_at ?? document.asked_at;
  if (claimed !== undefined && kind !== "concurrence") notAhead(p.law, entry, seconds(claimed));
  switch (kind) {
    case "concurrence": return concur(p, entry);
    case "refusal": return refuse(p, entry);
    case "countermand": return countermand(p, entry);
    case "question":
      need(hasSay(p, entry.signer), `${entry.signer} has no seat on the ladder`);
      return "asks";
    case "review": return review(p, entry);
    default: return no(`a ${kind} is no entry of an order`);
  }
}

async function concur(p, entry) {
  const { document, signer: person } = entry, { law } = p;
  need(p.ending === null, `the order is ${stateOf(p)}, and nothing reopens it`);
  const place = p.rungs.findIndex((rung) => rung.level.level === document.level);
  need(place >= 0, `the order is not asked at ${document.level}`);
  const rung = p.rungs[place], { seat } = document, answered = seconds(document.answered_at);
  need(rung.prior !== null, `${document.level} has not been asked yet: out of turn`);
  need(document.prior === rung.prior, "it concurs with another prior than the log shows");
  need(rung.opened < document.size && document.size <= entry.position,
    "it claims to have seen a log that its signer can't have seen");
  need(rung.level.members.includes(seat), `${seat} has no seat at ${document.level}`);
  const after = fillersOf(law, seat).get(person);
  need(after !== undefined, `${person} fills ${seat} neither as member nor as deputy`);
  need(!isMachine(law, person), `${person} is a machine: machines may ask, never agree`);
  need(!rung.level["own-device"] || entry.ownDevice, `${document.level} signs on a device of its own`);
  need(!refused(p, person), `${person} has refused, and cannot concur afterwards`);
  need(!isSpent(p, person, seat, document.level),
    `${person} counts already in this order: one person, one seat`);
  need(!seatsOf(rung).has(seat), `${seat} has been answered`);
  const member = own(law.posts, seat);
  if (person !== member) checkDeputy(p, rung, entry, member, after);
  else need(!Object.hasOwn(document, "absence"), "only a deputy answers within an absence");
  need(answered + law.skew >= rung.openedAt,
    "it claims to be answered before the level above had concurred");
  notAhead(law, entry, answered);
  need(canonical(document.acknowledged) === canonical(p.action.acknowledge),
    "a concurrence acknowledges what the action asks, all of it");
  const one = { seat, person, answeredAt: answered, entry };
  if (!isComplete(rung)) return count(p, place, one);
  once(p, person, `${document.level}/${seat}`, "late");
  p.late.push(one);
  return "late";
}

function checkDeputy(p, rung, { document, position }, member, after) {
  const answered = seconds(document.answered_at);
  need(member === undefined || !refused(p, member), `${document.seat} refused: no deputy overrides that`);
  if (Object.hasOwn(document, "absence")) {
    const away = p.aways.get(document.absence);
    need(away !== undefined && away.signer === member && away.from <= answered
      && answered < away.until && away.begins < position && position < away.ends,
    "no absence is known that would let a deputy answer at once");
    need(answered < rung.openedAt + after,
      "it names an absence, and the deputy's turn had come without one");
  } else need(answered >= rung.openedAt + after, `the deputy's turn at ${document.seat} had not come`);
}

async function count(p, place, one) {
  const rung = p.rungs[place], { entry } = one;
  rung.counted.push({ ...one, key: entry.key, digest: entry.digest });
  if (!isComplete(rung)) return "counts";
  const value = {
    counted: rung.counted.map((each) => each.digest), level: rung.level.level,
    order: p.digest, prior: rung.prior,
  };
  const prior = hex(await hash(utf8(canonical(value))));
  if (place + 1 === p.rungs.length) {
    p.release = { at: entry.at, position: entry.position, digest: prior };
    return "releases";
  }
  Object.assign(p.rungs[place + 1], {
    prior, opened: entry.position,
    openedAt: Math.max(...rung.counted.map((each) => each.answeredAt)),
  });
  return "counts";
}

/** Remember a stop: one for each signer, kind and state of its subject. */
function once(p, person, kind, state = p.ending !== null ? "ended" : stateOf(p)) {
  const name = `${person} ${kind} ${state}`;
  need(!p.answered.has(name), `a ${kind} by ${person} is in the log already`);
  p.answered.add(name);
}

function stops(p, entry, person) {
  if (p.ending !== null) return true;
  if (!wasCounted(p, person) && !(p.release !== null && isMember(p, person))) return false;
  p.ending = { state: "countermanded", at: entry.at, by: person, position: entry.position };
  return true;
}

function refuse(p, entry) {
  const person = entry.signer;
  need(!Object.hasOwn(entry.document, "seat"), "a crew refuses beside its executor, not in the log");
  need(hasSay(p, person) && !isMachine(p.law, person),
    `${person} has no seat on the ladder, and cannot refuse`);
  once(p, person, "refusal");
  if (p.ending !== null) return "kept";
  if (stops(p, entry, person)) return "countermands";
  p.refusals.push({ person, at: entry.at, entry });
  if (p.release !== null) return "kept";
  const level = stoppedAt(p);
  if (level === undefined) return "kept";
  p.ending = { state: "stopped", at: entry.at, level, by: person, position: entry.position };
  return "stops";
}

/** The first level whose rule can no longer be met, or whose veto is. */
function stoppedAt(p) {
  return p.rungs.find(({ level, counted: filled }) => {
    const refusers = level.members.filter((seat) => refused(p, own(p.law.posts, seat)));
    if (level.veto !== null && isMet(level.veto, new Set(refusers))) return true;
    const fillable = level.members.filter((seat) => filled.some((one) => one.seat === seat)
      || (!refusers.includes(seat) && [...fillersOf(p.law, seat).keys()].some((person) =>
        !refused(p, person) && !isMachine(p.law, person)
          && !isSpent(p, person, seat, level.level))));
    return !isMet(level.rule, new Set(fillable));
  })?.level.level;
}

function countermand(p, entry) {
  const { document, signer: person } = entry;
  if (document.subject !== p.digest) {
    const found = p.attested.find((one) => one.digest === document.subject);
    need(found !== undefined, "a countermand of something else");
    withdraw(p.law, found, entry);
    // A released order stays as attested at its release, save for what was taken back since.
    const met = conditionsMet(p, p.release === null ? entry.at : p.release.at);
    if (p.ending !== null || met) return "takes back";
    p.ending = { state: "stopped", at: entry.at, by: person, position: entry.position,
      why: "an attestation was taken back" };
    return "stops";
  }
  need(hasSay(p, person) || p.order.originator === person,
    `${person} has no seat on the ladder, and cannot countermand`);
  once(p, person, "countermand");
  if (p.ending !== null) return "kept";
  return stops(p, entry, person) ? "countermands" : "kept";
}

function review(p, entry) {
  const { document, signer: person } = entry, { law } = p;
  need(p.release !== null && document.release === p.release.digest, "only what was released can be reviewed");
  const asked = p.action.review === null ? [] : namesIn(p.action.review.rule);
  need(asked.some((seat) => own(law.posts, seat) === person) && !isMachine(law, person),
    `${person} is not asked to review this`);
  need(!p.reviews.includes(person), `a review by ${person} is in the log already`);
  p.reviews.push(person);
  return "reviews";
}
