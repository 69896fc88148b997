// A passkey signs what the page shows: the challenge is computed here, from the very bytes that
// are rendered, never taken from the server.
"use strict";
(() => {
  const encoder = new TextEncoder();
  // What is said here is said in the page's language: the page brings what that is.
  const words = JSON.parse(document.body.dataset.words || "{}");
  const _ = (text, given = {}) =>
    (words[text] || text).replace(/%\((\w+)\)s/g, (_all, name) => given[name]);
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const fromText = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  // DSSE's pre-authentication encoding, and its SHA-256.
  async function digestOf(type, payload) {
    const head = encoder.encode(`DSSEv1 ${encoder.encode(type).length} ${type} ${payload.length} `);
    const whole = new Uint8Array(head.length + payload.length);
    whole.set(head);
    whole.set(payload, head.length);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  }

  async function assertion(type, payload, options) {
    const credential = await navigator.credentials.get({
      publicKey: {
        challenge: await digestOf(type, payload),
        rpId: options.rp_id,
        userVerification: "required",
        allowCredentials: (options.credentials || []).map((id) => ({
          id: fromText(id), type: "public-key",
        })),
        timeout: 120000,
      },
    });
    const { authenticatorData, clientDataJSON, signature } = credential.response;
    return {
      authenticatorData: toText(authenticatorData),
      clientDataJSON: toText(clientDataJSON),
      signature: toText(signature),
    };
  }

  async function asked(path, body) {
    const answer = await fetch(path, {
      method: "POST", credentials: "same-origin", redirect: "error",
      headers: { "Content-Type": "application/json", "X-Cheget": "page" },
      body: JSON.stringify(body),
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const said = found.detail || found.title;
      if (!said) throw new Error(_("the house answers %(status)s", { status: answer.status }));
      const whole = found.hint ? `${said}: ${found.hint}` : said;
      throw Object.assign(new Error(whole), { lang: "en" }); // the desk says why in English
    }
    return found;
  }

  function tell(form, text, bad, lang) {
    const place = form.querySelector("[data-said]");
    place.removeAttribute("lang");
    if (lang) place.lang = lang;
    place.textContent = text;
    place.className = bad ? "note bad" : "note";
    place.hidden = !text;
  }

  // Every signed field, from the bytes that will be signed.
  function render(list, payload) {
    list.replaceChildren();
    const add = (name, value) => {
      const term = document.createElement("dt");
      const said = document.createElement("dd");
      term.textContent = name;
      said.textContent = value;
      list.append(term, said);
    };
    const walk = (value, name) => {
      if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        for (const [key, one] of Object.entries(value)) walk(one, name ? `${name}.${key}` : key);
      } else {
        add(name, Array.isArray(value) ? value.map(String).join("; ") || _("none") : String(value));
      }
    };
    walk(JSON.parse(new TextDecoder().decode(payload)), "");
  }

  // What is signed here is about what is shown here, and nothing else.
  function check(form, payload, kind) {
    const said = JSON.parse(new TextDecoder().decode(payload));
    const wanted = form.dataset.order;
    if (wanted && (said.order || said.subject) !== wanted)
      throw new Error(_("Nothing was signed: the server drafted an answer to another order."));
    // A control says which field it fills; what is signed begins with what stands in it.
    for (const one of form.querySelectorAll("[data-field]")) {
      const field = one.dataset.field.split(".").reduce((value, name) => (value || {})[name], said);
      if (!String(field).startsWith(one.value.trim()))
        throw new Error(
          _("Nothing was signed: the server drafted another %(field)s.", one.dataset));
    }
    const kinds = {
      concur: "concurrence", refuse: "refusal", ask: "question", signin: "session",
      transmit: "order",
    };
    const type = `application/vnd.cheget.${kinds[kind.decision] || kind.decision}.v1+json`;
    if (kind.type !== type)
      throw new Error(_("Nothing was signed: the server drafted something else than was chosen."));
  }

  // The reason lies beside what is signed: its digest is there, of its salt and this very text.
  async function checkReason(form, payload, texts) {
    const field = form.elements.reason;
    if (!field || !texts || !texts.length) return;
    const said = JSON.parse(new TextDecoder().decode(payload));
    const signed = said.reason || said.finding;
    const { salt, text } = texts[0];
    const salted = Uint8Array.from(salt.match(/../g) || [], (two) => parseInt(two, 16));
    const whole = new Uint8Array([...salted, ...encoder.encode(text)]);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
    const hex = [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
    if (hex !== signed || text !== field.value.trim())
      throw new Error(_("Nothing was signed: the server drafted another reason than yours."));
  }

  const given = (form) => {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (name in found) found[name] = [].concat(found[name], value);
      else found[name] = value;
    }
    return found;
  };

  function why(error) {
    if (error.name === "NotAllowedError")
      return _("Nothing was signed: the passkey was not used, or none fits.");
    if (error.name === "SecurityError")
      return _("Nothing was signed: passkeys need the address that the charter names.");
    return error.message;
  }

  // Draft on the server, show and sign here, hand in.
  async function sign(form, decision) {
    tell(form, "", false);
    if (decision === "concur" && form.querySelector("[data-acknowledge]:not(:checked)"))
      throw new Error(_("Whoever concurs acknowledges each of these first."));
    if (decision === "ask" && !form.elements.reason.value.trim())
      throw new Error(_("what do you ask?"));
    if (decision === "review" && !form.elements.reason.value.trim())
      throw new Error(_("what did you find?"));
    // A signed text is one line: what it becomes stands in its field before anything is signed.
    for (const one of form.querySelectorAll("textarea"))
      one.value = one.value.replace(/\s*[\r\n]+\s*/g, " ").trim();
    const draft = await asked(`${form.dataset.at}/draft`, { ...given(form), decision });
    const payload = fromText(draft.payload);
    check(form, payload, { decision, type: draft.type });
    await checkReason(form, payload, draft.texts);
    const list = form.querySelector("[data-signed]");
    if (list) {
      render(list, payload);
      list.closest("details").hidden = false;
    }
    const signed = await assertion(draft.type, payload, draft);
    const done = await asked(form.dataset.at, {
      payload: draft.payload, type: draft.type, assertion: signed, texts: draft.texts,
      beside: draft.beside,
    });
    location.assign((form.elements.next && form.elements.next.value) || done.next);
  }

  // Another passkey is made for whoever uses one of theirs now: to be signed in is not enough.
  async function fresh(form, who) {
    tell(form, _("First a passkey that you have, to say that it is you."), false);
    const draft = await asked("/signin/draft", { who, decision: "signin" });
    const payload = fromText(draft.payload);
    check(form, payload, { decision: "signin", type: draft.type });
    const { type } = draft;
    return { payload: draft.payload, type, assertion: await assertion(type, payload, draft) };
  }

  async function enrol(form) {
    tell(form, "", false);
    const own = given(form);
    const session = own.invitation ? undefined : await fresh(form, own.who);
    const start = await asked(`${form.dataset.at}/start`, { ...own, session });
    const made = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(start.options),
    });
    const credential = made.toJSON();
    delete credential.clientExtensionResults; // may hold a secret of an extension
    const nonce = start.nonce;
    const draft = await asked(`${form.dataset.at}/draft`, { ...given(form), nonce, credential });
    tell(form, _("Once more: the new passkey signs that it is yours."), false);
    const signed = await assertion(draft.type, fromText(draft.payload), draft);
    const done = await asked(form.dataset.at, {
      ...given(form), nonce, payload: draft.payload, type: draft.type, assertion: signed,
    });
    location.assign(done.next);
  }

  // An auditor's link carries its token behind the #, which no server and no proxy is sent.
  const visit = document.querySelector("[data-visit]");
  const token = location.hash.startsWith("#visit=") ? location.hash.slice(7) : "";
  if (visit && token) {
    history.replaceState(null, "", location.pathname);
    visit.hidden = false;
    visit.addEventListener("submit", (event) => {
      event.preventDefault();
      asked("/signin/visit", { token })
        .then((done) => location.assign(done.next))
        .catch((error) => tell(visit, why(error), true, error.lang));
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const kind = form.dataset.sign;
    if (!kind) return;
    event.preventDefault();
    const button = event.submitter;
    const all = form.querySelectorAll("button");
    all.forEach((one) => { one.disabled = true; });
    const act = kind === "enrol" ? enrol(form) : sign(form, button ? button.value : "");
    act.catch((error) => tell(form, why(error), true, error.lang))
      .finally(() => all.forEach((one) => { one.disabled = false; }));
  });
})();
