// Running a query without leaving the page: the answer is the page that the server makes, so that
// there is one way in which answers look.
const LONGEST_ADDRESS = 6000;

export class Runner {
  constructor(form, editor, shown) {
    this.form = form;
    this.editor = editor;
    this.shown = shown;
    this.button = form.querySelector("button[type=submit]");
    this.status = document.createElement("span");
    this.status.setAttribute("role", "status");
    this.cancel = document.createElement("button");
    this.cancel.type = "button";
    this.cancel.className = "quiet-button";
    this.cancel.textContent = "Cancel";
    this.cancel.hidden = true;
    this.cancel.addEventListener("click", () => this.running?.abort());
    this.button.after(this.cancel, this.status);
  }

  /** Ask a query and show the answer; one that is under way is ended. */
  async run(text) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.#busy(true);
    try {
      const { request, address } = this.#request(text);
      const answer = await fetch(request, { signal: running.signal });
      if (!answer.headers.get("Content-Type")?.startsWith("text/html")) {
        throw new Error(`The service answered ${answer.status} and no page.`);
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (running !== this.running) return;
      if (address) window.history.pushState(null, "", address);
      this.#show(page);
    } catch (error) {
      if (running !== this.running) return;
      this.status.textContent =
        error.name === "AbortError" ? "Cancelled: nothing runs any more." : `No answer: ${error.message}`;
    } finally {
      if (running === this.running) {
        this.running = undefined;
        this.#busy(false);
      }
    }
  }

  #request(text) {
    const parameters = new URLSearchParams(new FormData(this.form));
    parameters.set("query", text);
    const address = `${this.form.getAttribute("action")}?${parameters}`;
    const headers = { Accept: "text/html" };
    if (address.length <= LONGEST_ADDRESS) return { request: new Request(address, { headers }), address };
    const post = { method: "POST", body: parameters, headers };
    return { request: new Request(this.form.getAttribute("action"), post), address: null };
  }

  #busy(running) {
    this.cancel.hidden = !running;
    this.button.setAttribute("aria-disabled", String(running));
    this.form.setAttribute("aria-busy", String(running));
    if (running) this.status.textContent = "Running …";
  }

  /** Put another page in the place of this one; the form stays, with what is being written. */
  #show(page) {
    const here = document.querySelector("main");
    const there = page.querySelector("main");
    const place = there?.querySelector("form.editor");
    if (!place) throw new Error("the page has no form.");
    const focused = document.activeElement;
    // Not moved to the other document and back: a shadow root loses its styles on the way.
    here.replaceChildren(...there.childNodes);
    place.replaceWith(this.form);
    if (this.form.contains(focused)) focused.focus();
    document.title = page.title;
    this.shown();
    const result = here.querySelector("#result, .problem h2");
    this.status.textContent = result ? result.textContent : "";
  }
}
