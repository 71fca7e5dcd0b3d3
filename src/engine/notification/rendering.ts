import { type Block, type Letter, oneLine } from './letter.ts';

/** The letter as plain text. */
export function renderText({ blocks }: Letter): string {
  return `${blocks.map(textOf).join('\n\n')}\n`;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return block.text.split('\n').map(oneLine).join('\n');
    case 'fields':
      return columns(block.rows.map(([name, value]) => [`${name}:`, value]));
    case 'table':
      return `${block.title}\n${columns([block.head, ...block.rows])}`;
    case 'lines':
      return `${block.title}\n${block.lines.map((line) => `  ${oneLine(line)}`).join('\n')}`;
  }
}

/** Cells below each other; the last one of a line is not filled up. */
function columns(rows: string[][]): string {
  const cells = rows.map((row) => row.map(oneLine));
  const most = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: most }, (_, i) =>
    Math.max(...cells.filter((row) => row.length > 1).map((row) => row[i]?.length ?? 0), 0),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const FONT = 'font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:14px;color:#1f2328';
const CELL = 'padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid #d0d7de';
const CODE = 'background:#f6f8fa;padding:8px;white-space:pre-wrap;font-family:Consolas,Menlo,monospace;font-size:12px';

/** The letter as HTML that loads nothing from anywhere and carries nothing but text. */
export function renderHtml({ subject, blocks }: Letter): string {
  const body = blocks.map(htmlOf).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="${FONT}">
${body}
</body></html>
`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${block.text.split('\n').map(escapeHtml).join('<br>')}</p>`;
    case 'fields':
      return htmlTable(block.rows.map((row) => row.map((cell, i) => htmlCell(i === 0 ? 'th' : 'td', cell))));
    case 'table': {
      const head = block.head.map((cell) => htmlCell('th', cell));
      const rows = block.rows.map((row) => row.map((cell) => htmlCell('td', cell)));
      return `<h3>${escapeHtml(block.title)}</h3>\n${htmlTable([head, ...rows])}`;
    }
    case 'lines':
      return `<h3>${escapeHtml(block.title)}</h3>\n<pre style="${CODE}">${block.lines.map(escapeHtml).join('\n')}</pre>`;
  }
}

function htmlTable(rows: string[][]): string {
  return `<table style="border-collapse:collapse">\n${rows.map((row) => `<tr>${row.join('')}</tr>`).join('\n')}\n</table>`;
}

function htmlCell(tag: 'th' | 'td', text: string): string {
  return `<${tag} style="${CELL}">${escapeHtml(text)}</${tag}>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Chats cut off longer texts at a place of their own choice. */
const CHAT_LENGTH = 3900;

/** The letter in Slack's own Markdown, which Mattermost, Rocket.Chat and others read too. */
export function renderChat(letter: Letter): string {
  const text = [`*${escapeChat(letter.subject)}*`, ...letter.blocks.map(chatOf)].join('\n');
  if (text.length <= CHAT_LENGTH) return text;
  const cut = text.slice(0, CHAT_LENGTH);
  const isInCode = cut.split('```').length % 2 === 0;
  return `${cut}${isInCode ? '\n```' : ''}\n...`;
}

function chatOf(block: Block): string {
  if (block.kind === 'paragraph') return escapeChat(textOf(block));
  if (block.kind === 'fields') {
    return block.rows.map(([name, value]) => `${escapeChat(name)}: ${escapeChat(value)}`).join('\n');
  }
  const [title, ...lines] = textOf(block).split('\n');
  return `${escapeChat(title!)}\n\`\`\`\n${lines.map((line) => escapeChat(line, false)).join('\n')}\n\`\`\``;
}

/** Without this a name could mention everybody on a channel, or look like a link. */
function escapeChat(text: string, isLine = true): string {
  const safe = isLine ? oneLine(text) : text;
  return safe.replace(/[&<>]/g, (character) => ENTITIES[character]!).replaceAll('```', "'''");
}
