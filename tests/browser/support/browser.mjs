// Debian's Chromium with playwright-core.
import { chromium } from "playwright-core";

const path = process.env.CHROMIUM ?? "/usr/bin/chromium";
const quiet = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath: path, args: quiet });

// Opens a page with its own cookies, script setting, colours and width.
export async function visitor(browser, hub, { script = true, blocked, colours = "light", width = 1280, ...more } = {}) {
  const context = await browser.newContext({
    baseURL: hub.url,
    javaScriptEnabled: script,
    colorScheme: colours,
    viewport: { width, height: 900 },
    ...more,
  });
  // far longer than anything takes: a test that waits so long has failed
  context.setDefaultTimeout(120_000);
  // axe needs script: a page that is checked "without script" loads none of the hub's scripts
  if (blocked) await context.route("**/*.js", (route) => route.abort());
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("response", (response) => response.status() >= 500 && page.faults.push(`${response.status()} ${response.url()}`));
  return page;
}

export async function signIn(page, email, password) {
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

// Runs a step of a story. The first step that fails ends the story, and the error names it.
export async function step(name, walk) {
  try {
    await walk();
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
}
