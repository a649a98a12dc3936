// Native dialogs: data-open="id" opens, data-close closes, a click on the backdrop closes. Menus close on Escape and outside.
import { all, one, onClick } from "./page.js";

export const startDialogs = () => {
  onClick("[data-open]", (opener, event) => {
    const dialog = document.getElementById(opener.dataset.open);
    if (!dialog?.showModal) return;
    event.preventDefault();
    dialog.showModal();
  });
  onClick("[data-close]", (button) => button.closest("dialog")?.close());
  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog[open]")) event.target.close();
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && one("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    one("summary", menu)?.focus();
  });
};
