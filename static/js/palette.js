// Ctrl K: a combobox over what GET /palette?q= answers, {"groups": [{"label", "items": [{"label", "url", "icon", "meta"}]}]}.
import { all, one } from "./page.js";

const WAIT = 120;

export const startPalette = () => {
  const dialog = one("#palette");
  if (!dialog) return;
  const input = one("input", dialog);
  const list = one("#palette-list", dialog);
  const status = one("[data-palette-status]", dialog);
  const sprite = (one("svg use", dialog)?.getAttribute("href") ?? "").split("#")[0];
  let timer = 0;
  let asked = 0;

  const options = () => all("[role=option]", list);
  const choose = (option) => {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (!option) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const move = (by) => {
    const shown = options();
    const at = shown.findIndex((option) => option.getAttribute("aria-selected") === "true");
    choose(shown[(at + by + shown.length) % shown.length]);
  };
  const go = (option) => {
    const url = option && new URL(option.dataset.url, location.href);
    if (url && url.origin === location.origin) location.assign(url);
  };
  const said = (text) => {
    const line = document.createElement("p");
    line.className = "group";
    line.textContent = text;
    list.replaceChildren(line);
    status.textContent = text;
  };
  const drawn = (item, place) => {
    const option = document.createElement("div");
    option.id = `palette-${place}`;
    option.setAttribute("role", "option");
    option.dataset.url = item.url;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    use.setAttribute("href", `${sprite}#i-${item.icon || "arrow"}`);
    svg.append(use);
    const meta = document.createElement("span");
    meta.className = "meta";
    meta.textContent = item.meta ?? "";
    option.append(svg, item.label, meta);
    return option;
  };
  const show = (groups) => {
    let place = 0;
    const parts = groups.flatMap((group) => {
      const box = document.createElement("div");
      const title = document.createElement("div");
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", group.label);
      title.className = "group";
      title.setAttribute("aria-hidden", "true");
      title.textContent = group.label;
      box.append(title, ...group.items.map((item) => drawn(item, place++)));
      return group.items.length ? [box] : [];
    });
    if (!parts.length) return said(list.dataset.empty);
    list.replaceChildren(...parts);
    status.textContent = "";
    choose(options()[0]);
  };
  const ask = async () => {
    const turn = ++asked;
    const address = new URL(document.body.dataset.palette, location.href);
    address.searchParams.set("q", input.value);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { groups } = await answer.json();
      if (turn === asked) show(groups);
    } catch {
      if (turn === asked) said(list.dataset.failed);
    }
    input.setAttribute("aria-expanded", String(options().length > 0));
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const act = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => go(one("[aria-selected=true]", list)) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  // The dialog may be opened by its button or by the key; either way it starts empty-handed.
  new MutationObserver(() => {
    if (!dialog.open) return;
    input.value = "";
    ask();
  }).observe(dialog, { attributeFilter: ["open"] });
};
