/** A mail as its reader sees it. */
export interface ParsedMail {
  /** Names in lower case, values unfolded and decoded. */
  headers: Record<string, string>;
  /** Bodies by type: text/plain, text/html. */
  parts: Record<string, string>;
}

/** Reads what nodemailer writes: headers, then one body or several between boundaries (RFC 5322, 2045 to 2047). */
export function parseMail(raw: string): ParsedMail {
  const { headers, body } = splitEntity(raw);
  const parts: Record<string, string> = {};
  collect(headers, body, parts);
  const decoded = Object.entries(headers).map(([name, value]) => [name, decodeWords(value)]);
  return { headers: Object.fromEntries(decoded), parts };
}

function collect(headers: Record<string, string>, body: string, parts: Record<string, string>): void {
  const type = headers['content-type'] ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined) {
    parts[type.split(';')[0]!.trim().toLowerCase()] = decodeBody(body, headers['content-transfer-encoding'] ?? '7bit');
    return;
  }
  for (const entity of body.split(`--${boundary}`).slice(1, -1)) {
    const inner = splitEntity(entity.replace(/^\r\n/, ''));
    collect(inner.headers, inner.body.replace(/\r\n$/, ''), parts);
  }
}

function splitEntity(text: string): { headers: Record<string, string>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return { headers: Object.fromEntries(headers), body: text.slice(end + 4) };
}

function decodeBody(body: string, encoding: string): string {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return quotedPrintable(body.replace(/=\r\n/g, '')).replace(/\r\n/g, '\n');
    default:
      return body.replace(/\r\n/g, '\n');
  }
}

function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_word, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : quotedPrintable(text.replace(/_/g, ' ')),
    );
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
