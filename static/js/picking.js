// Ticked rows: shift selects a range, the bar below counts and sums. Amounts are added in hundredths, as whole numbers.
import { all, one, onClick } from "./page.js";

let last = null;

const boxes = (group) => all(`[data-pick="${group}"]`);
const hundredths = (text) => {
  const [, sign, whole, cents] = /^([-−]?)(\d+)(?:\.(\d{1,2}))?\d*$/.exec(text ?? "") ?? [];
  if (whole === undefined) return 0n;
  const value = BigInt(whole) * 100n + BigInt((cents ?? "0").padEnd(2, "0"));
  return sign ? -value : value;
};

const written = (value, currency) => {
  const language = document.documentElement.lang || "en";
  const style = { style: "currency", currency };
  return new Intl.NumberFormat(language === "en" ? "en-GB" : language, style).format(Number(value) / 100);
};

const recount = (group) => {
  const ticked = boxes(group).filter((box) => box.checked);
  all(`[data-count="${group}"]`).forEach((place) => {
    place.textContent = ticked.length;
  });
  all(`[data-sum="${group}"]`).forEach((place) => {
    const currency = place.dataset.currency || "EUR";
    // Currencies never add up: a box that names another one counts in its own sum.
    const sum = ticked
      .filter((box) => !box.dataset.currency || box.dataset.currency === currency)
      .reduce((so_far, box) => so_far + hundredths(box.dataset.amount), 0n);
    place.textContent = written(sum, currency);
  });
  all(`[data-bulk="${group}"]`).forEach((bar) => {
    bar.hidden = ticked.length === 0;
  });
  const every = one(`[data-pick-all="${group}"]`);
  if (every) {
    every.checked = ticked.length > 0 && ticked.length === boxes(group).length;
    every.indeterminate = ticked.length > 0 && !every.checked;
  }
};

const tick = (box, isOn) => {
  box.checked = isOn;
  box.closest("tr, li")?.classList.toggle("is-sel", isOn);
};

export const startPicking = () => {
  onClick("[data-pick]", (box, event) => {
    const group = boxes(box.dataset.pick);
    if (event.shiftKey && last && group.includes(last)) {
      const [from, to] = [group.indexOf(last), group.indexOf(box)].sort((a, b) => a - b);
      group.slice(from, to + 1).forEach((other) => tick(other, box.checked));
    }
    last = box;
  });
  onClick("[data-pick-none]", (button) => {
    boxes(button.dataset.pickNone).forEach((box) => tick(box, false));
    recount(button.dataset.pickNone);
  });
  document.addEventListener("change", (event) => {
    const { pick, pickAll } = event.target.dataset ?? {};
    if (pickAll) boxes(pickAll).forEach((box) => tick(box, event.target.checked));
    if (pick) tick(event.target, event.target.checked);
    if (pick || pickAll) recount(pick ?? pickAll);
  });
  countAll();
};

export const countAll = () =>
  new Set(all("[data-bulk]").map((bar) => bar.dataset.bulk).concat(all("[data-sum]").map((sum) => sum.dataset.sum))).forEach(
    recount,
  );
