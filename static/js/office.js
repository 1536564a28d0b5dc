// The office by keyboard: / finds, j and k walk the rows, g and a letter goes to a room, ? says which. A single key can
// be switched off, as WCAG 2.1.4 asks; nothing works only here.
const off = "office-keys-off";
const dialog = document.querySelector("[data-keys]");
const box = document.querySelector("[data-find]") ?? document.querySelector("main [type=search]");
const toggle = dialog?.querySelector("[data-keys-on]");
const enabled = () => { try { return !localStorage.getItem(off); } catch { return true; } };
if (toggle) {
  toggle.checked = enabled();
  toggle.addEventListener("change", () => {
    try { toggle.checked ? localStorage.removeItem(off) : localStorage.setItem(off, "1"); } catch { /* a browser that keeps nothing keeps the keys */ }
  });
}

// The rows of a page: those of its first table with links, else what waits on the first page.
function rows() {
  for (const table of document.querySelectorAll("main table")) {
    const found = [...table.querySelectorAll(":scope > tbody > tr")].filter((row) => row.querySelector("a[href]"));
    if (found.length) return found;
  }
  return [...document.querySelectorAll("main .found li, main .needs li")];
}

function walk(step) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
  next?.querySelector("a[href]")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

let going = 0;
const act = {
  "/": () => { box?.focus(); box?.select(); return Boolean(box); },
  "?": () => { dialog?.showModal(); return Boolean(dialog); },
  j: () => { walk(1); return true; },
  k: () => { walk(-1); return true; },
  x: () => {
    const tick = document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]");
    tick?.click();
    return Boolean(tick);
  },
  g: (event) => { going = event.timeStamp; return true; },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  const at = event.target;
  if (at.isContentEditable || at.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog")) {
    if (event.key === "Escape" && at === box) box.blur();
    return;
  }
  if (!enabled() && event.key !== "?") return;
  const room = going && event.timeStamp - going < 1500 && document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
  going = 0;
  if (room) {
    event.preventDefault();
    location.assign(room.href);
  } else if (Object.hasOwn(act, event.key) && act[event.key](event)) event.preventDefault();
});
