// Improves pages that are already complete: swaps named fragments instead of loading a whole page, and sends filter
// forms when they change. Whatever goes wrong, the browser does what it would have done without this file.
const root = document.documentElement;
root.classList.add("js");

const fragment = (name, within = document) => within.querySelector(`[data-fragment="${CSS.escape(name)}"]`);

function announce(text) {
  const live = document.querySelector("[data-live]");
  if (!live || !text) return;
  live.textContent = "";
  // Cleared first and filled a moment later, or the same sentence twice would be heard once.
  setTimeout(() => { live.textContent = text.replace(/\s+/g, " ").trim(); }, 60);
}

// Where the focus was, in words that survive the swap: an id, or a name with its form's address.
function rememberFocus(button) {
  const at = button ?? document.activeElement;
  if (!at || at === document.body) return () => {};
  const id = at.id, name = at.name, value = at.value, action = at.form?.getAttribute("action");
  const nth = at.form && !name ? [...at.form.querySelectorAll("button")].indexOf(at) : -1;
  return (home) => {
    if (at.isConnected) return at.focus({ preventScroll: true });
    const form = action && [...document.forms].find((f) => f.getAttribute("action") === action);
    const same = (id && document.getElementById(id))
      || (form && name && [...form.elements].find((e) => e.name === name && (e.value === value || !["radio", "submit"].includes(e.type))))
      || (form && nth >= 0 && form.querySelectorAll("button")[nth]);
    const to = same || home;
    if (!to) return;
    if (!same && !to.hasAttribute("tabindex")) to.tabIndex = -1;
    to.focus({ preventScroll: Boolean(same) });
  };
}

function replace(old, fresh) {
  const node = document.importNode(fresh, true);
  old.replaceWith(node);
  return node;
}

// Puts the answer in place of the fragment; false when the answer does not hold it.
function swap(html, name) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = fragment(name, page), old = fragment(name);
  if (!fresh || !old) return null;
  const home = replace(old, fresh);
  for (const other of page.querySelectorAll("[data-fragment]")) {
    const twin = other !== fresh && !fresh.contains(other) && fragment(other.dataset.fragment);
    if (twin && !home.contains(twin)) replace(twin, other);
  }
  const words = home.matches("[data-announce]") ? home : home.querySelector("[data-announce]");
  announce((words ?? page.querySelector("[data-announce]"))?.textContent);
  awaitReplies();
  return home;
}

// A question that a person has yet to answer: the page looks every few seconds while somebody looks at it, for two
// hours at most, and shows the answer in place.
const awaited = new WeakSet();
function awaitReplies() {
  for (const box of document.querySelectorAll("[data-poll]")) {
    if (awaited.has(box)) continue;
    awaited.add(box);
    let left = 2400;
    const look = async () => {
      if (!box.isConnected || left-- <= 0) return;
      if (!document.hidden) {
        try {
          const answer = await fetch(box.dataset.poll, { headers: { "X-Fragment": "reply", Accept: "text/html" }, credentials: "same-origin" });
          if (answer.status === 404) return;
          const html = answer.ok ? await answer.text() : "";
          const fresh = html && fragment("reply", new DOMParser().parseFromString(html, "text/html"));
          if (fresh && !("poll" in fresh.dataset) && box.isConnected) {
            replace(box, fresh);
            announce(fresh.textContent);
            return;
          }
        } catch {
          // The next look may find the shop again.
        }
      }
      setTimeout(look, 3000);
    };
    setTimeout(look, 3000);
  }
}
awaitReplies();

async function send(form, button, name) {
  const data = new FormData(form, button);
  const get = (form.getAttribute("method") ?? "get").toLowerCase() !== "post";
  const url = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, location.href);
  if (get) {
    url.search = new URLSearchParams([...data].filter(([, v]) => v !== "")).toString();
    url.hash = "";
  }
  const answer = await fetch(url, {
    method: get ? "GET" : "POST",
    body: get ? undefined : (form.getAttribute("enctype") === "multipart/form-data" ? data : new URLSearchParams(data)),
    headers: { "X-Fragment": name, Accept: "text/html" },
    credentials: "same-origin",
  });
  return { html: await answer.text(), status: answer.status, url: answer.url, redirected: answer.redirected, get };
}

const busy = new WeakSet();
let moved = false;

async function run(form, button, name) {
  if (busy.has(form)) return;
  busy.add(form);
  const target = fragment(name);
  const restore = rememberFocus(button);
  target.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await send(form, button, name);
    const home = answer.status < 500 ? swap(answer.html, name) : null;
    if (home) {
      if (answer.get) {
        history.pushState({ fragment: name }, "", answer.url);
        moved = true;
      }
      const errors = home.querySelector("[data-focus]");
      if (errors) errors.focus(); else restore(home);
      openDrawer();
      // What was pressed says for a moment that it is done; the page says it in words as well.
      const again = !answer.get && !errors && home.querySelector(".buy > .button");
      if (again) { again.classList.add("is-done"); setTimeout(() => again.classList.remove("is-done"), 2500); }
      return;
    }
    if (answer.redirected || answer.get) { location.assign(answer.url); return; }
    // A POST the server has answered is not sent twice: the page itself shows the state.
    if (answer.status < 400) { location.reload(); return; }
    plain(form, button);
  } catch {
    plain(form, button);
  } finally {
    busy.delete(form);
    target.removeAttribute("aria-busy");
    button?.removeAttribute("aria-busy");
  }
}

function plain(form, button) {
  form.dataset.plain = "";
  form.requestSubmit(button?.isConnected ? button : undefined);
}

// What was just put into the cart is shown over the page. Esc, its buttons and a press beside it close it, and the
// browser gives the focus back to where it was.
function openDrawer() {
  const box = fragment("drawer");
  if (!box?.showModal || !box.childElementCount || box.open || "seen" in box.dataset) return;
  box.dataset.seen = "";
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  box.showModal();
}

// One more or one fewer. A line of the cart is sent when the pressing stops; on a product's page nothing is sent.
const waits = new WeakMap();
function nudge(form, by) {
  const field = form.elements.qty, now = Math.max(1, (Number.parseInt(field.value, 10) || 1) + by);
  if (String(now) === field.value) return;
  field.value = now;
  form.querySelector('[name=step][value="-1"]').setAttribute("aria-disabled", String(now === 1));
  announce(field.value);
  if (!form.matches(".line-qty")) return;
  clearTimeout(waits.get(form));
  waits.set(form, setTimeout(() => { if (form.isConnected) form.requestSubmit(); }, 400));
}

const drawer = (form) => {
  const box = form.closest("[popover]");
  return Boolean(box?.showPopover) && box.matches(":popover-open");
};

document.addEventListener("submit", (event) => {
  // A button of a form may swap something else than its form, such as the question asked in the midst of checkout.
  const form = event.target, name = event.submitter?.dataset.swap ?? form.dataset.swap;
  if (!name || "plain" in form.dataset || event.defaultPrevented || !fragment(name)) return;
  event.preventDefault();
  if (event.submitter?.name === "step") return nudge(form, Number(event.submitter.value));
  run(form, event.submitter, name);
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form) return;
  // In the filter drawer of a phone the shopper ticks several and then presses the button.
  if ("auto" in form.dataset) { if (!drawer(form)) form.requestSubmit(); }
  // A quantity in the cart counts as soon as it is left; its button is hidden while script runs.
  else if (form.matches(".line-qty")) form.requestSubmit();
});

// Back after a swapped filter: the address is the old one again, so the page must be too.
window.addEventListener("popstate", () => { if (moved) location.reload(); });

document.querySelector("[data-focus]")?.focus();

// Rows of links that are wider than a telephone show where one is.
for (const at of document.querySelectorAll(".side-nav [aria-current], .nav-list [aria-current]")) {
  const box = at.closest(".nav-list, nav");
  box.scrollLeft += at.getBoundingClientRect().left - box.getBoundingClientRect().left - (box.clientWidth - at.offsetWidth) / 2;
}

// The pictures of a product: a small one is shown large at once, by click or by the arrow keys; its address stays
// the one that the shop would have led to. Drawings have no size, so the large one is there already.
document.addEventListener("click", (event) => {
  const thumb = event.target.closest(".gallery-thumbs a");
  if (thumb && !event.ctrlKey && !event.metaKey && !event.shiftKey && showPicture(thumb)) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const thumb = event.target.closest?.(".gallery-thumbs a");
  const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!thumb || !way || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...thumb.closest(".gallery-thumbs").querySelectorAll("a")];
  const next = all[(all.indexOf(thumb) + way + all.length) % all.length];
  next.focus();
  if (showPicture(next)) event.preventDefault();
});
function showPicture(thumb) {
  const stage = document.querySelector(".gallery-stage"), small = thumb.querySelector("picture"), large = stage?.querySelector("img");
  if (!small || !large) return false;
  const twin = small.cloneNode(true), img = twin.querySelector("img");
  img.width = large.width;
  img.height = large.height;
  stage.replaceChildren(twin);
  for (const other of document.querySelectorAll(".gallery-thumbs a")) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
  history.replaceState(history.state, "", thumb.href);
  return true;
}

// The picture of a card becomes the picture of the product's page. One name may stand in a page once.
document.addEventListener("click", (event) => {
  const picture = event.target.closest(".card-name a")?.closest(".card").querySelector(".card-picture");
  if (!picture) return;
  document.querySelector(".gallery-stage")?.style.setProperty("view-transition-name", "none");
  picture.style.viewTransitionName = "product";
});
addEventListener("pageshow", () => {
  for (const named of document.querySelectorAll(".card-picture[style], .gallery-stage[style]")) named.removeAttribute("style");
});

// What to choose from while somebody types into the search: a combobox over the rows that /search/suggest gives, and
// before the first letter over what was searched in this browser (kept nowhere else) and the departments of the header.
// Enter searches for what is typed; on a row chosen with the arrows it goes where the row leads.
const kept = {
  read() { try { return JSON.parse(localStorage.getItem("searched") ?? "[]").filter((w) => typeof w === "string").slice(0, 6); } catch { return []; } },
  write(words) { try { if (words.length) localStorage.setItem("searched", JSON.stringify(words)); else localStorage.removeItem("searched"); } catch { /* A browser that keeps nothing. */ } },
};
function suggestWords(input) {
  const [query, shelf, recent, forget] = input.dataset.kinds.split("|");
  const said = { query, shelf, recent };
  const list = document.createElement("ul");
  list.id = "site-search-words";
  list.className = "search-words";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
  list.hidden = true;
  input.form.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  let asked = null, wait = 0, chosen = -1, rows = [], typing = false;

  const choose = (at) => {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = at;
    const word = list.children[at];
    word?.setAttribute("aria-selected", "true");
    word?.scrollIntoView({ block: "nearest" });
    if (word) input.setAttribute("aria-activedescendant", word.id); else input.removeAttribute("aria-activedescendant");
  };
  const part = (tag, name, text = "") => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    return node;
  };
  const drawn = ({ picture, dark }) => {
    const box = document.createElement("picture"), img = document.createElement("img");
    if (dark) {
      const night = document.createElement("source");
      night.media = "(prefers-color-scheme: dark)";
      night.srcset = dark;
      box.append(night);
    }
    img.width = img.height = 48;
    img.alt = "";
    img.src = picture;
    box.append(img);
    return box;
  };
  const show = (found) => {
    choose(-1);
    rows = found;
    list.replaceChildren(...rows.map((row, i) => {
      const word = document.createElement("li");
      word.id = `${list.id}-${i}`;
      word.setAttribute("role", "option");
      word.setAttribute("aria-selected", "false");
      if (row.picture) word.append(drawn(row));
      word.append(part("span", "search-word", row.text));
      const note = row.price ?? said[row.kind];
      if (note) word.append(" ", part("span", "search-note", note));
      return word;
    }));
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const begin = () => {
    const before = kept.read().map((text) => ({ kind: "recent", text }));
    if (before.length) before.push({ kind: "forget", text: forget });
    const shelves = [...document.querySelectorAll(".nav-list a")].slice(0, 6).map((a) => ({ kind: "shelf", text: a.textContent.trim(), url: a.href }));
    show([...before, ...shelves]);
  };
  const ask = async () => {
    asked?.abort();
    const typed = input.value.trim();
    if (typed === "") return begin();
    asked = new AbortController();
    try {
      const url = new URL(input.form.getAttribute("action") + "/suggest", location.href);
      url.searchParams.set("q", typed);
      const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok || document.activeElement !== input) return;
      const found = await answer.json();
      show(found.suggestions);
      announce(found.said);
    } catch {
      // Nothing to choose from; the search itself works as before.
    }
  };
  const take = (row) => {
    if (row.kind === "forget") {
      kept.write([]);
      return begin();
    }
    if (row.url && row.kind !== "query") return location.assign(row.url);
    input.value = row.text;
    input.form.requestSubmit();
  };
  input.form.addEventListener("submit", (event) => {
    const row = rows[chosen];
    if (row && row.kind !== "query" && row.kind !== "recent") {
      event.preventDefault();
      return take(row);
    }
    if (row) input.value = row.text;
    const typed = input.value.trim();
    if (typed) kept.write([typed, ...kept.read().filter((w) => w !== typed)].slice(0, 6));
  });
  input.addEventListener("focus", () => { if (input.value.trim() === "") begin(); });
  input.addEventListener("compositionstart", () => { typing = true; clearTimeout(wait); asked?.abort(); });
  input.addEventListener("compositionend", () => { typing = false; clearTimeout(wait); wait = setTimeout(ask, 150); });
  input.addEventListener("input", () => {
    clearTimeout(wait);
    if (!typing) wait = setTimeout(ask, 150);
  });
  input.addEventListener("keydown", (event) => {
    // While an input method composes, its keys are its own; Safari ends the composition before the key that ended it.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" && list.hidden) { event.preventDefault(); return ask(); }
    if (list.hidden) return;
    const n = list.children.length;
    if (event.key === "ArrowDown") choose(chosen + 1 < n ? chosen + 1 : -1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? n - 1 : chosen - 1);
    else if (event.key === "Escape") show([]);
    else return; // Enter sends the form, as ever
    event.preventDefault();
  });
  // The press must not take the focus from the field, or the list is gone before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const word = event.target.closest("[role=option]");
    if (word) take(rows[[...list.children].indexOf(word)]);
  });
  input.addEventListener("blur", () => { clearTimeout(wait); asked?.abort(); show([]); });
}
// Who signs out or has this browser forgotten leaves no searches behind either.
document.addEventListener("submit", (event) => {
  if (/\/(signout|privacy\/forget)$/.test(event.target.getAttribute("action") ?? "")) kept.write([]);
});

const siteSearch = document.getElementById("site-search");
if (siteSearch?.dataset.kinds) suggestWords(siteSearch);

// A list that the shop tells of changes: what changed is asked for as this page would be, and put in place.
const told = document.querySelector("[data-stream]");
if (told && window.EventSource) {
  const stream = new EventSource(told.dataset.stream), name = told.dataset.fragment;
  let asking = false;
  stream.addEventListener("pulse", async (event) => {
    const list = fragment(name);
    if (!list || asking || event.data.split(" ")[0] === list.dataset.pulse) return;
    asking = true;
    try {
      const answer = await fetch(list.dataset.fresh + location.search, { headers: { "X-Fragment": name, Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) swap(await answer.text(), name);
    } catch {
      // The next word of the stream tries again; the page says of when it is.
    } finally {
      asking = false;
    }
  });
  addEventListener("pagehide", () => stream.close());
}
