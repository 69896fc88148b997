// The page: what was judged, in words. Everything from the file enters it by textContent.

const at = (id) => document.getElementById(id);
const wanted = { evidence: null, result: null };

function element(name, look = "", text = null, ...children) {
  const one = document.createElement(name);
  if (look !== "") one.className = look;
  if (text !== null) one.textContent = text;
  one.append(...children);
  return one;
}

const groups = (digest) => digest.match(/.{4}/g).join(" ");
const said = (seconds_) => instant(seconds_).replace("T", " ").replace("Z", " UTC");
const MARKS = { true: ["✓", "yes"], false: ["✕", "no"], undecided: ["○", "wait"], null: ["–", "soft"] };

/** The verdict: nothing is green before the reader has compared the charter's digest. */
function verdictOf({ verdict, lines, found }, typed) {
  const fault = lines.find((one) => one.holds !== true);
  if (verdict === "not") {
    return ["✕", "no", "NOT verified.", `${fault.name}: ${fault.says}.`];
  }
  if (verdict === "undecided") {
    return ["○", "wait", "Not decided here.", `${fault.name}: ${fault.says}.`];
  }
  const given = typed.toLowerCase().replace(/\s/g, "");
  if (given === "") {
    return ["○", "wait", "Everything in this file fits together.",
      "Whether it is true rests on the charter: compare its digest with the one you have by another road."];
  }
  if (given !== found.charter.digest) {
    return ["✕", "no", "NOT verified.", "The digest you gave is not that of the charter in this file."];
  }
  return ["✓", "yes", "Everything in this file verifies.", "By the charter whose digest you gave."];
}

function showVerdict() {
  const [mark, look, sentence, more] = verdictOf(wanted.result, at("typed").value);
  at("verdict").replaceChildren(element("span", look, `${mark} ${sentence}`));
  at("lead").textContent = more;
}

function showLines({ lines }) {
  at("lines").replaceChildren(...lines.map(({ name, holds, says }) => {
    const [mark, look] = MARKS[holds];
    return element("li", "", null, element("b", look, mark), element("strong", "", name), ` ${says}`);
  }));
}

function showCharter({ found }) {
  const digest = found.charter?.digest;
  at("digest").textContent = digest === undefined ? "no charter that can be read" : groups(digest);
}

function state(c) {
  const p = c.proceeding, done = c.receipts.filter((one) => one.document.outcome === "carried-out").length;
  const named = p.order.executors.count, enough = p.action.enough ?? named;
  const acted = named > 1 ? `${done} of the ${named} executors named acted`
    : `the executor named ${done ? "acted" : "has sent no receipt of an act"}`;
  if (p.release !== null && done >= enough) return ["yes", "Carried out", `: ${acted}.`];
  if (p.ending !== null) {
    const { state: word, level, by, why } = p.ending;
    const where = (level ? ` at ${level}` : "") + (by ? ` by ${by}` : "") + (why ? `: ${why}` : "");
    const left = p.release === null ? "No code exists." : `It had been released; ${acted}.`;
    return [word === "expired" ? "wait" : "no", word[0].toUpperCase() + word.slice(1), `${where}. ${left}`];
  }
  if (p.release !== null) return ["yes", "Released", ` at ${said(p.release.at)}; ${acted}.`];
  return ["wait", "Waits", ` at ${pending(p).level.level}, to be decided by ${p.order.decide_by}.`];
}

function seat(c, rung, name) {
  const p = c.proceeding, member = own(p.law.posts, name);
  const filled = rung.counted.find((one) => one.seat === name);
  const refusal = p.refusals.find((one) => one.person === member);
  let mark = "·", look = "", more = "not asked";
  if (filled !== undefined) {
    const own_ = filled.person === member;
    [mark, look, more] = [own_ ? "●" : "◐", "yes", `${own_ ? "" : `${filled.person}, `}${instant(filled.answeredAt)}`];
  } else if (refusal !== undefined) {
    [mark, look, more] = ["✕", "no", `refused ${instant(refusal.at)}`];
  } else if (rung.prior !== null && !isComplete(rung)) {
    if (p.ending === null) [mark, look, more] = ["○", "wait", "asked"];
    else [mark, look, more] = p.ending.state === "expired" ? ["▲", "wait", "no answer"] : ["·", "", "no answer"];
  } else if (rung.prior !== null) more = "was not needed";
  return element("li", "", null, element("b", look, mark), `${name} `, element("small", "soft", more));
}

function showLadder(c) {
  const p = c.proceeding;
  at("ladder").replaceChildren(...p.rungs.map((rung, place) => {
    const halted = p.ending?.level === rung.level.level;
    const look = isComplete(rung) ? "done" : halted ? "halt" : rung.prior !== null ? "now" : "later";
    return element("li", look, null, element("span", "number", `${place + 1}`),
      element("h3", "", rung.level.level),
      element("ul", "", null, ...rung.level.members.map((name) => seat(c, rung, name))));
  }));
}

const WORDS_OF = {
  order: "transmits it", concurrence: "concurs", refusal: "refuses", question: "asks",
  countermand: "countermands", attestation: "attests", review: "reviews it",
};
const EFFECTS = {
  counts: "counted", releases: "counted: released", late: "too late to count", stops: "stopped it",
  countermands: "took it back", kept: "kept, without effect", "takes back": "an attestation taken back",
};

function showThread(c) {
  at("thread").replaceChildren(...c.entries.map((entry) => {
    const { kind, document: one, signer, scheme, effect } = entry;
    const where = one.level ? ` at ${one.level}, in the seat of ${one.seat}` : "";
    const digest = one.reason ?? one.statement ?? one.finding;
    const text = own(c.papers.texts, digest)?.text;
    const effect_ = own(EFFECTS, effect);
    return element("li", "", null,
      element("p", "", null, element("strong", "", signer), ` ${WORDS_OF[kind]}${where}${effect_ ? `: ${effect_}` : ""}`),
      element("p", "quote", text === undefined ? "(erased)" : text === "" ? "(no reason)" : `“${text}”`),
      element("p", "soft", `logged ${said(entry.at)}, entry ${entry.position}; ${scheme}`));
  }), ...c.receipts.map((one) => element("li", "", null,
    element("p", "", null, element("strong", "", one.signer), ` sent a receipt: ${one.document.outcome}`),
    element("p", "soft", `acted ${one.document.acted_at}, logged ${said(one.at)}; ed25519`))));
}

function showSigned(c) {
  const { document: order, digest } = c.order, { executors } = c.papers.address;
  const text = own(c.papers.texts, order.reason)?.text;
  const special = {
    executors: `${order.executors.count}: ${executors.join(", ")}`,
    deployment: `${order.deployment}  (${c.charter.value.house})`,
    law: `${order.law}  (${c.law.chain.chain})`,
    reason: text === undefined ? "(erased)" : `“${text}”`,
  };
  const list = (value) => (value.length === 0 ? "none" : value.join("; "));
  const rows = Object.keys(order).flatMap((name) => {
    if (name === "parameters") return Object.entries(order.parameters).map(([key, one]) => [`  ${key}`, one]);
    const value = order[name];
    return [[name, own(special, name) ?? (Array.isArray(value) ? list(value) : value)]];
  });
  at("fields").replaceChildren(...[...rows, ["digest", digest]].flatMap(
    ([name, value]) => [element("dt", "", name), element("dd", "", value)]));
  at("words").textContent = inWords(digest);
}

function show(result) {
  wanted.result = result;
  showLines(result);
  showCharter(result);
  showVerdict();
  const whole = result.verdict === "holds", c = result.found;
  at("order").hidden = !whole;
  if (!whole) return;
  const [look, word, rest] = state(c);
  at("state").replaceChildren(element("span", look, word), rest);
  at("asof").textContent = `${c.order.document.action} of ${c.law.chain.title}, as the log stood at`
    + ` size ${c.size}, its last entry of ${said(c.loggedAt)}.`;
  showLadder(c);
  showThread(c);
  showSigned(c);
}

async function openText(text) {
  at("typed").value = "";
  try {
    wanted.evidence = JSON.parse(text);
    if (globalThis.crypto?.subtle === undefined) throw new Error("this browser gives a file no WebCrypto");
    show(await judge(wanted.evidence));
  } catch (error) {
    const line = { name: "file", holds: false, says: error.message };
    show({ verdict: "not", lines: [line], found: {} });
  }
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
}

at("typed").addEventListener("input", showVerdict);
at("papers").addEventListener("click", () => save("papers.json", wanted.evidence.papers));
at("charter").addEventListener("click", () => save("charter.json", wanted.evidence.charter));
at("other").addEventListener("change", async ({ target }) => {
  const text = await target.files[0].text(), mark = 'id="evidence">';
  const start = text.indexOf(mark) + mark.length;
  await openText(text.slice(start, text.indexOf("</", start)));
});
openText(at("evidence").textContent);
