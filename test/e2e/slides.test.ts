import * as assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { runChecked } from '../../scripts/subprocess.ts';

describe('The slides', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-slides-'));

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('come as a page, as PDF and as PPTX by one command, each of them whole', async () => {
    const source = readFileSync(path.join(projectRoot, 'docs/slides.md'), 'utf8');
    const slides = source.split(/^---$/m).length - 2;
    assert.ok(slides > 3);
    await runChecked(process.execPath, [path.join(projectRoot, 'scripts/slides.ts'), folder], { cwd: projectRoot });
    const made = (ending: string) => readFileSync(path.join(folder, `slides.${ending}`));
    const page = made('html').toString();
    assert.equal(page.match(/<section id=/g)?.length, slides);
    assert.doesNotMatch(page, /src="(?!data:)[^"]*\.png"/, 'pictures are inside, so that it can be sent to others');
    const pdf = made('pdf').toString('latin1');
    assert.ok(pdf.startsWith('%PDF-') && pdf.trimEnd().endsWith('%%EOF'));
    const names = made('pptx')
      .toString('latin1')
      .matchAll(/ppt\/slides\/slide(\d+)\.xml/g);
    assert.equal(new Set([...names].map(([, number]) => number)).size, slides);
  });
});
