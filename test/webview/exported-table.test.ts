import assert from 'node:assert/strict';
import { exportedTable, toCsv, toMarkdown } from '../../webview-ui/compare/exported-table.ts';
import { compareRows } from '../../webview-ui/compare/rows.ts';
import { comparedRun } from './compared-runs.ts';

describe('An exported comparison', () => {
  const runs = [
    comparedRun('plain', {
      metrics: { accuracy: 0.123456789012345, cv_f1_mean: 0.5, cv_f1_std: 0.25 },
      params: { note: 'a "quoted", text\nwith | pipes', blank: ' x' },
    }),
    comparedRun('b|c <i>*d*</i>', {
      metrics: { accuracy: 0.5, cv_f1_mean: 0.75, cv_f1_std: null },
      params: { note: '\\|' },
    }),
  ];
  const table = exportedTable(runs, compareRows(runs), [1, 0]);

  it('is CSV with all digits, quotes doubled, absent values empty, and the runs in the order shown', () => {
    assert.deepEqual(toCsv(table).split('\r\n'), [
      'kind,name,b|c <i>*d*</i>,plain',
      'run,run_id,id-of-b|c <i>*d*</i>,id-of-plain',
      'run,status,FINISHED,FINISHED',
      'run,start_time,1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.000Z',
      'run,version,7,7',
      'metric,accuracy,0.5,0.123456789012345',
      'metric,cv_f1_mean,0.75,0.5',
      'metric,cv_f1_std,,0.25',
      'param,blank,," x"',
      'param,note,\\|,"a ""quoted"", text\nwith | pipes"',
      '',
    ]);
  });

  it('is Markdown whose cells stay cells, with the best values bold', () => {
    const lines = toMarkdown(table).split('\n');
    assert.equal(lines[0], '| kind | name | b\\|c &lt;i>\\*d\\*&lt;/i> | plain |');
    assert.equal(lines[1], '| --- | --- | --- | --- |');
    assert.equal(lines[6], '| metric | accuracy | **0.5** | 0.123456789012345 |');
    assert.equal(lines[8], '| metric | cv\\_f1\\_std |  | 0.25 |');
    assert.equal(lines[10], '| param | note | \\\\\\| | a "quoted", text<br>with \\| pipes |');
    const cells = (line: string) => line.replaceAll(/\\./g, '').split('|').length - 2;
    assert.deepEqual([...new Set(lines.slice(0, -1).map(cells))], [4]);
  });
});
