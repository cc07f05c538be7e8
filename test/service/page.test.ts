/** The service's page in a real browser, on the same host as the service: what it shows of a denied exec, and when. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { bpfLsm, kernelTest, since } from "../kernel/needs";
import { exec, Target } from "./acts";
import { Place, Service, TOKEN } from "./service";

const LAUNCH_MS = 240_000;
/** The folder for the screenshot and the figures. */
const REPORT = process.env.NODE_LIBBPF_REPORT ?? join(__dirname, "../../results");

kernelTest(
  "the page shows a denied exec within a second",
  [bpfLsm, since("6.12")],
  async () => {
    const place = new Place();
    // Would be markup, if the page inserted it as such.
    const target = new Target(join(place.folder, "<img src=x onerror=alert(1)>"));
    const rules = [{ name: "<b>no</b>", action: "deny", hooks: ["exec"], path: target.folder }];
    place.configure({ listen: { port: 0 }, policy: { mode: "enforce", rules } });
    const service = await Service.start(place);
    const { address } = await service.said("ready");
    let browser: Browser | undefined;
    try {
      browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/lib/chromium/chromium-headless-shell",
        args: ["--no-sandbox", "--disable-gpu"],
        timeout: LAUNCH_MS,
      });
      const page = await browser.newPage({ locale: "en-US", viewport: { width: 1100, height: 700 } });
      page.setDefaultTimeout(LAUNCH_MS);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // The browser itself logs a refused token.
        if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
      });
      await page.goto(String(address));
      await login(page, "not the token at all");
      await page.getByText("This token is not valid.").waitFor();
      await login(page, TOKEN);
      await page.getByText("enforcing, 1 rule").waitFor();

      const delays: number[] = [];
      for (let i = 0; i < 5; i++) {
        const shown = page.evaluate(
          `new Promise((resolve) => new MutationObserver((_, observer) => {
            observer.disconnect();
            resolve(Date.now());
          }).observe(document.getElementById("decisions"), { childList: true }))`,
        );
        // The observer is installed once the page answers a later request.
        await page.evaluate("0");
        const start = Date.now();
        expect(exec(target.program)).toBe("EPERM");
        delays.push(((await shown) as number) - start);
      }
      const cells = await page.locator("#decisions tr").first().locator("td").allTextContents();
      expect(cells.slice(1, 6)).toEqual(["exec", "denied", "<b>no</b>", target.program, "node"]);
      expect(await page.locator("#decisions tr").count()).toBe(5);
      expect(await page.locator("#decisions img, #decisions b").count()).toBe(0);
      // An emulated machine is slow for other reasons: the best of five is the page's own delay.
      expect(Math.min(...delays)).toBeLessThan(1000);
      expect(complaints).toEqual([]);
      mkdirSync(REPORT, { recursive: true });
      writeFileSync(join(REPORT, "policy-service.json"), JSON.stringify({ delays }));
      await page.screenshot({ path: join(REPORT, "policy-service.png") });
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      await fetch(new URL("/mode", String(address)), { method: "PUT", headers, body: '{"mode":"observe"}' });
      await page.getByText("observing, 1 rule").waitFor();
    } finally {
      await browser?.close();
      await service.stop();
      place.remove();
    }
  },
  2 * LAUNCH_MS,
);

async function login(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Watch" }).click();
}
