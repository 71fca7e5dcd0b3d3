import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { withEnabled, withoutSchedule, withSchedule } from '../../../src/engine/scheduling/config-edit.ts';
import {
  addSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
} from '../../../src/engine/scheduling/edit-schedules.ts';
import type { Schedule } from '../../../src/engine/scheduling/schedule.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const ENTRY = { id: 'new', operation: 'batch', cron: '0 13 * * *', timezone: 'Europe/Berlin' } as const;
const LINE = '{ id: new, operation: batch, cron: "0 13 * * *", timezone: Europe/Berlin }';

const schedulesIn = (text: string) =>
  (parse(text) as { schedules?: Partial<Schedule>[] | null } | null)?.schedules ?? [];

describe('A schedule that is added to config.yaml', () => {
  it('stands behind the others, written as they are, and every other byte stays', () => {
    for (const [before, after] of [
      ['a: 1', `a: 1\n\nschedules:\n  - ${LINE}\n`],
      ['# only this\na: 1 # one\n', `# only this\na: 1 # one\n\nschedules:\n  - ${LINE}\n`],
      ['', `schedules:\n  - ${LINE}\n`],
      ['schedules: [] # none yet\nz:   {b:  1}\n', `schedules: # none yet\n  - ${LINE}\nz:   {b:  1}\n`],
      ['schedules:\nz: 1\n', `schedules:\n  - ${LINE}\nz: 1\n`],
      ['schedules: [{id: a}]\n', `schedules: [{id: a}, ${LINE}]\n`],
      ['schedules:\n- {id: a} # first\n\n# the end\n', `schedules:\n- {id: a} # first\n- ${LINE}\n\n# the end\n`],
      [
        'schedules:\n    -   id: a # name\n        cron: "x"   # when\nz: 1\n',
        'schedules:\n    -   id: a # name\n        cron: "x"   # when\n    - id: new\n      operation: batch\n      cron: "0 13 * * *"\n      timezone: Europe/Berlin\nz: 1\n',
      ],
      ['a: 1\r\nschedules:\r\n  - {id: a}\r\n', `a: 1\r\nschedules:\r\n  - {id: a}\r\n  - ${LINE}\r\n`],
    ]) {
      assert.equal(withSchedule(before!, ENTRY), after);
    }
  });

  it('is there even where YAML is written in a way that needs writing anew, and comments stay', () => {
    const text = withSchedule('{ a: 1, # one\n  b: 2 }\n', ENTRY);
    assert.deepEqual(parse(text), { a: 1, b: 2, schedules: [ENTRY] });
    assert.match(text, /# one/);
  });
});

describe('A schedule that is removed from config.yaml', () => {
  it('takes its own lines along and nothing else', () => {
    for (const [before, index, after] of [
      [
        '# s\nschedules:\n  # first\n  - {id: a} # x\n  # second\n  - {id: b}\nz: 1\n',
        0,
        '# s\nschedules:\n  # first\n  # second\n  - {id: b}\nz: 1\n',
      ],
      [
        'schedules:\n  - id: a\n    cron: x\n\n  - id: b\n    cron: y\n\nz: 1\n',
        1,
        'schedules:\n  - id: a\n    cron: x\n\n\nz: 1\n',
      ],
      ['schedules:\n  - {id: a}\nz: 1 # end\n', 0, 'schedules: []\nz: 1 # end\n'],
      ['schedules:\n  # at night\n  - {id: a}\n', 0, 'schedules:\n  # at night\n  []\n'],
      ['schedules: [{id: a}, {id: b}, {id: c}]\n', 1, 'schedules: [{id: a}, {id: c}]\n'],
      ['schedules: [{id: a}, {id: b}] # two\n', 1, 'schedules: [{id: a}] # two\n'],
      ['schedules: [ {id: a} ]\n', 0, 'schedules: []\n'],
    ] as const) {
      assert.equal(withoutSchedule(before, index), after);
    }
  });
});

describe('A schedule that is paused and resumed in config.yaml', () => {
  it('has its enabled set where it stands, or behind the last key', () => {
    for (const [before, after] of [
      ['schedules:\n  - {id: a} # x\n', 'schedules:\n  - {id: a, enabled: false} # x\n'],
      ['schedules:\n  - { id: a, enabled: true, cron: x }\n', 'schedules:\n  - { id: a, enabled: false, cron: x }\n'],
      [
        'schedules:\n  - id: a\n    cron: x # when\nz: 1\n',
        'schedules:\n  - id: a\n    cron: x # when\n    enabled: false\nz: 1\n',
      ],
      ['schedules:\n  - id: a\n    enabled:   yes\n', 'schedules:\n  - id: a\n    enabled:   false\n'],
    ]) {
      assert.equal(withEnabled(before!, 0, false), after);
    }
  });
});

/** Config files as people write them. */
const comment = fc.constantFrom('', ' # why', '   # 13:00, not 14:00');
const entryText = fc.record({ isFlow: fc.boolean(), enabled: fc.boolean(), note: comment });
const configText = fc
  .record({
    entries: fc.array(entryText, { maxLength: 4 }),
    indent: fc.constantFrom('', '  ', '    '),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    before: fc.constantFrom('', '# head\n\n', 'data: { path: "a b.csv" } # data\n'),
    after: fc.constantFrom('', 'logs:\n  retention_days: 3 # short\n', '\n\n# the end\n'),
  })
  .map(({ entries, indent, lineEnd, before, after }) => {
    const lines = entries.map(({ isFlow, enabled, note }, i) => {
      const on = enabled ? '' : isFlow ? ', enabled: false' : `\n${indent}  enabled: false`;
      return isFlow
        ? `${indent}- { id: s${i}, operation: batch, cron: "0 1 * * *"${on} }${note}\n`
        : `${indent}# about s${i}\n${indent}- id: s${i}${note}\n${indent}  operation: batch\n${indent}  cron: 0 1 * * *${on}\n`;
    });
    const list = entries.length === 0 ? 'schedules: []\n' : `schedules:\n${lines.join('')}`;
    return (before + list + after).replaceAll('\n', lineEnd);
  });

describe('Any edit of any config.yaml', () => {
  const lines = (text: string) => text.split('\n');

  it('changes the schedules as asked and no line that is not about them', () => {
    fc.assert(
      fc.property(configText, fc.nat(), (text, pick) => {
        const before = schedulesIn(text);
        const added = withSchedule(text, ENTRY);
        assert.deepEqual(schedulesIn(added), [...before, ENTRY]);
        for (const line of lines(text)) {
          if (!line.startsWith('schedules:'))
            assert.ok(lines(added).includes(line), `"${line}" is gone from:\n${added}`);
        }
        const index = pick % (before.length + 1);
        const removed = withoutSchedule(added, index);
        assert.deepEqual(
          schedulesIn(removed),
          schedulesIn(added).filter((_, i) => i !== index),
        );
        for (const line of lines(text).filter((each) => each.trimStart().startsWith('#'))) {
          assert.ok(lines(removed).includes(line), `"${line}" is gone from:\n${removed}`);
        }
        const paused = withEnabled(added, index, false);
        const wanted = schedulesIn(added).map((each, i) => (i === index ? { ...each, enabled: false } : each));
        assert.deepEqual(schedulesIn(paused), wanted);
        assert.deepEqual(schedulesIn(withEnabled(paused, index, true)).at(index)?.enabled, true);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe('Editing schedules', () => {
  const { folder, remove } = temporaryFolder();
  const file = path.join(folder, 'config.yaml');
  const options = { configFile: file, env: {}, clock: () => new Date('2026-03-28T00:00Z') };
  after(remove);
  beforeEach(() => writeFileSync(file, '# mine\nlogs: { retention_days: 3 }\n'));

  it('tells the expression in words and the next five times, over the change of the clock', () => {
    const { status, schedule } = addSchedule({ ...ENTRY, cron: '30 2 * * *' }, options);
    assert.equal(status, 'added');
    assert.equal(schedule.description, 'At 02:30, Europe/Berlin');
    assert.deepEqual(schedule.next.slice(0, 3), [
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('goes there and back', () => {
    const before = readFileSync(file, 'utf8');
    addSchedule(ENTRY, options);
    assert.equal(pauseSchedule('new', options).status, 'paused');
    assert.equal(pauseSchedule('new', options).status, 'unchanged');
    assert.equal(resumeSchedule('new', options).status, 'resumed');
    assert.equal(removeSchedule('new', options).status, 'removed');
    assert.equal(readFileSync(file, 'utf8').replace('\nschedules: []\n', ''), before);
  });

  it('refuses what could never run, and leaves the file as it was', () => {
    const before = readFileSync(file, 'utf8');
    for (const [part, message] of [
      [{ cron: '0 25 * * *' }, /--cron: .*field 2, the hour/],
      [{ timezone: 'Europe/Berln' }, /--timezone: .*did you mean "Europe\/Berlin"\?$/],
      [{ id: '-x' }, /cannot be the name/],
    ] as const) {
      assert.throws(() => addSchedule({ ...ENTRY, ...part }, options), { reason: 'usage', message });
    }
    assert.throws(() => pauseSchedule('none', options), { reason: 'not-found' });
    assert.throws(() => addSchedule(ENTRY, { ...options, readOnly: true }), { reason: 'untrusted-workspace' });
    assert.equal(readFileSync(file, 'utf8'), before);
    addSchedule(ENTRY, options);
    assert.throws(() => addSchedule(ENTRY, options), { reason: 'usage', message: /has a schedule "new" already/ });
  });

  it('can remove a schedule that is wrong', () => {
    writeFileSync(file, 'schedules: [{ id: new, operation: batch, cron: "99 * * * *" }]\n');
    assert.equal(removeSchedule('new', options).status, 'removed');
    assert.deepEqual(schedulesIn(readFileSync(file, 'utf8')), []);
  });
});
