// The sidebar on a narrow screen. Without script the menu link targets it; here it also moves the focus and says its state.
import { one, onClick } from "./page.js";

export const startDrawer = () => {
  const side = one("#side");
  const opener = one("[data-toggle-side]");
  if (!side || !opener) return;
  opener.setAttribute("role", "button");
  opener.setAttribute("aria-controls", "side");
  const set = (isOpen) => {
    side.classList.toggle("is-open", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? one("[data-close-side]", side) : opener).focus();
  };
  opener.setAttribute("aria-expanded", "false");
  onClick("[data-toggle-side]", (_link, event) => {
    event.preventDefault();
    set(!side.classList.contains("is-open"));
  });
  onClick("[data-close-side]", (_link, event) => {
    event.preventDefault();
    if (location.hash === "#side") history.replaceState(null, "", location.pathname + location.search);
    set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.classList.contains("is-open")) set(false);
  });
};
