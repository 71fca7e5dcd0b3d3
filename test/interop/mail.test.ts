import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { MailNotifier } from '../../src/engine/notification/mail-notifier.ts';
import type { Message } from '../../src/engine/notification/message.ts';
import { PATIENCE } from '../../src/engine/notification/notifier.ts';
import { renderHtml, renderText } from '../../src/engine/notification/rendering.ts';
import { letterOf } from '../../src/engine/notification/wording.ts';
import { batchOutcome } from '../engine/notification/outcomes.ts';
import { startMailServer } from '../engine/notification/started-mail-server.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { runPython } from '../harness/python.ts';

/** Python's own mail reader, which is strict about what a header may hold. */
const READER = `
import json, sys
from email import policy, message_from_binary_file
mail = message_from_binary_file(open(sys.argv[1], 'rb'), policy=policy.default)
parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
defects = [str(d) for part in mail.walk() for d in part.defects] + [str(d) for v in mail.values() for d in v.defects]
print(json.dumps({
    'subject': mail['subject'], 'to': [a.addr_spec for a in mail['to'].addresses], 'type': mail.get_content_type(),
    'date': mail['date'].datetime.isoformat(), 'id': mail['message-id'], 'parts': parts, 'defects': defects,
}))`;

interface ReadMail {
  subject: string;
  to: string[];
  type: string;
  date: string;
  id: string;
  parts: Record<string, string>;
  defects: string[];
}

describe('A mail, read by Python', () => {
  const { folder, remove } = temporaryFolder();
  after(() => remove());

  it('has the subject, the people, both texts and no defect, whatever a file is called', async () => {
    const result = batchOutcome({ name: 'Zürich 夜間 <b>&"quoted"\r\nX-Evil: 1.csv' });
    const origin = { host: 'server', configFile: '/srv/Müller/config.yaml', modelName: 'm' };
    const letter = letterOf({ kind: 'batch', result: { ...result, model_name: 'modèle 模型' } }, origin);
    const message: Message = {
      ...{ schema: 1, id: '8f14e45f', channel: 'mail', to: ['a@example.org', 'b@example.org'], attempts: 0 },
      ...{ subject: letter.subject, text: renderText(letter), html: renderHtml(letter) },
      created: '2026-11-25T21:00:00.000Z',
    };
    const server = await startMailServer();
    try {
      const smtp = { host: '127.0.0.1', port: server.port, secure: false, user: null, password: null };
      await new MailNotifier({ ...smtp, from: 'mlops@example.org' }, PATIENCE).deliver(message);
      const file = path.join(folder, 'mail.eml');
      writeFileSync(file, (await server.mails())[0]!.raw);
      const { code, stdout, stderr } = await runPython('mlflow3', READER, [file]);
      assert.equal(code, 0, stderr);
      const mail = JSON.parse(stdout) as ReadMail;
      assert.deepEqual(mail.defects, []);
      assert.equal(mail.subject, '[gnu-mlops] Batch done: 1,200 rows in 1 file (modèle 模型)');
      assert.deepEqual([mail.to, mail.type], [message.to, 'multipart/alternative']);
      assert.deepEqual([mail.date, mail.id], ['2026-11-25T21:00:00+00:00', '<8f14e45f@example.org>']);
      assert.equal(mail.parts['text/plain']!.trimEnd(), message.text.trimEnd());
      assert.match(mail.parts['text/plain']!, /Zürich 夜間 <b>&"quoted" X-Evil: 1\.csv/);
      assert.equal(mail.parts['text/html']!.trimEnd(), message.html!.trimEnd());
    } finally {
      await server.stop();
    }
  });
});
