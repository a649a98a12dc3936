// Short news at the bottom: eight seconds, longer while pointed at or focused. Errors are never toasts.
import { all, one, onClick } from "./page.js";

const SHOWN_FOR = 8000;

const leaveLater = (toast) => {
  let timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  const stay = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
};

export const toast = (text) => {
  const region = one("#toasts");
  if (!region || !text) return;
  const words = document.createElement("span");
  words.textContent = text;
  const shown = document.createElement("div");
  shown.className = "toast";
  shown.append(words);
  region.append(shown);
  leaveLater(shown);
};

export const startToasts = () => {
  all("[data-toast-here]").forEach(leaveLater);
  // A response can send news along: HX-Trigger: {"toast": "3 reminders confirmed"}.
  document.addEventListener("toast", (event) => toast(event.detail?.value));
  onClick("[data-copy]", async (button) => {
    await navigator.clipboard?.writeText(button.dataset.copy);
    toast(one("#toasts")?.dataset.copied);
  });
};
