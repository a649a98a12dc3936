// What the other modules share.

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Listens on the document, so that what htmx brings later is covered too.
export const onClick = (selector, act) =>
  document.addEventListener("click", (event) => {
    const target = event.target.closest(selector);
    if (target) act(target, event);
  });

export const csrfToken = () => one("[name=csrfmiddlewaretoken]")?.value ?? "";

export const remember = (name, value) => {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
};
