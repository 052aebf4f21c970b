// Opens pages in Chromium at three widths, light, dark and as printed, and fails if axe finds a violation, if a page is
// wider than its window, if it asks for another file, or if a script in it runs.
//
//     node check.mjs CHROMIUM SCREENSHOTS PAGE…
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const WIDTHS = [360, 800, 1280];
const [executablePath, screenshots, ...pages] = process.argv.slice(2);
// The packages are in the folder where this runs, and not beside this file.
const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const mistakes = [];
mkdirSync(screenshots, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const file of pages) {
  for (const look of ['light', 'dark', 'print']) {
    for (const width of look === 'print' ? [794] : WIDTHS) {
      await check(file, look, width);
    }
  }
}
await browser.close();
for (const mistake of mistakes) console.error(mistake);
console.log(`${pages.length} pages, ${mistakes.length} mistakes; the screenshots are in ${screenshots}`);
process.exit(mistakes.length > 0 ? 1 : 0);

async function check(file, look, width) {
  const name = `${basename(file, '.html')}-${look}-${width}`;
  const url = pathToFileURL(resolve(file)).href;
  // Without the policy of the page, a script of the input would run, and axe can.
  const context = await browser.newContext({
    bypassCSP: true,
    colorScheme: look === 'dark' ? 'dark' : 'light',
    viewport: { width, height: 900 },
  });
  const page = await context.newPage();
  page.on('dialog', dialog => {
    mistakes.push(`${name}: a script ran: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on('request', request => {
    if (request.url() !== url) mistakes.push(`${name}: asks for ${request.url()}`);
  });
  if (look === 'print') await page.emulateMedia({ media: 'print' });
  await page.goto(url);
  const scripts = await page.locator('script, iframe, img, object, embed, svg').count();
  if (scripts > 0) mistakes.push(`${name}: ${scripts} elements that no template has`);
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (over > 0) mistakes.push(`${name}: ${over} pixels wider than the window`);
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  if (look !== 'print') {
    await page.addScriptTag({ content: axe });
    const { violations } = await page.evaluate(() => axe.run());
    for (const { id, help, nodes } of violations) {
      mistakes.push(`${name}: ${id}: ${help}: ${nodes[0].html}`);
    }
  }
  await context.close();
}
