// Puts a merge field where somebody wrote last. Without it the name is typed: it stands in the list.
import { one, onClick } from "./page.js";

const TAKES = "[data-takes-fields]";
let lastField = null;

const insert = (button) => {
  const field = lastField?.isConnected ? lastField : one(`textarea${TAKES}`);
  if (!field) return;
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
};

export const startInserting = () => {
  if (!one(TAKES)) return;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(TAKES)) lastField = event.target;
  });
  onClick("[data-insert]", insert);
};
