// Light, dark and row height: shown at once, kept by a cookie and, for the theme, by the profile.
import { all, one, onClick, remember } from "./page.js";

const root = document.documentElement;
const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

export const startTheme = () => {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    const theme = isDark() ? "light" : "dark";
    root.dataset.theme = theme;
    remember("theme", theme);
    all("[data-theme-form] button").forEach((button) => {
      button.value = theme === "dark" ? "light" : "dark";
    });
    const facts = new FormData(form);
    facts.set("theme", theme);
    // The cookie already keeps the choice here; the profile carries it to other machines when the server answers.
    fetch(form.action, { method: "POST", body: facts, redirect: "manual" }).catch(() => {});
  });
  onClick("[data-density-toggle]", (_link, event) => {
    event.preventDefault();
    const isCompact = root.dataset.density === "compact";
    if (isCompact) delete root.dataset.density;
    else root.dataset.density = "compact";
    remember("density", isCompact ? "normal" : "compact");
  });
  one("[data-focus]")?.focus();
};
