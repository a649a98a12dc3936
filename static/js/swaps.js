// After htmx brought something: the focus goes to the heading of a new view, counts are taken again, failures are said.
import { one } from "./page.js";
import { countAll } from "./picking.js";

export const startSwaps = () => {
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:afterSettle", (event) => {
    countAll();
    // Only where the user asked for a new view: the link or form carries data-new-view.
    if (!event.detail.requestConfig?.elt?.closest("[data-new-view]")) return;
    const heading = one("h1, h2, h3", event.detail.target ?? document);
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  });
};
