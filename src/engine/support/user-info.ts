/** What follows `scheme://` where nobody's name stands: a host, perhaps a port, then a path or the end. */
const PLAIN_HOST = /^(\[[^\]]*\]|[^/?#@:]*)(:\d{1,5})?([/?#]|$)/;
/** Of Azure's stores, where a container stands before the host: `abfss://container@account`. */
const CONTAINER = /^(abfss?|wasbs?):$/i;
/** The length of a scheme has an end, so that a long word is not looked through again from each of its letters. */
const ADDRESS = /([a-z][a-z0-9+.-]{0,30}:)\/\/([^\s"'<>]+)/gi;
/** A password with the quote in it at which addresses in a text are taken to end. */
const QUOTED = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^/\s:@"'<>]*:[^@/\s"<>]*'[^@/\s"<>]*@/gi;

/**
 * What stands before the host of an address (RFC 3986 calls it userinfo): `user:password` of `https://user:password@host`; null where
 * there is nothing. A password that was not escaped may hold `/`, `?`, `#`, `:` and `@`, so it ends at the last `@`.
 */
export function userInfoOf(address: string): string | null {
  const [, rest] = /^[a-z][a-z0-9+.-]*:\/\/(.*)$/is.exec(address) ?? [];
  return rest === undefined ? null : beforeHost(rest);
}

/** The part of {@link userInfoOf} that nobody else may know; empty where there is none. */
export function passwordOf(address: string): string {
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(userInfoOf(address) ?? '') ?? [];
  return password;
}

/** `text` with user and password of every address in it replaced by "***". */
export function withoutUserInfo(text: string): string {
  return text.replace(QUOTED, '$1***@').replace(ADDRESS, (whole, scheme: string, rest: string) => {
    const userInfo = beforeHost(rest);
    const isContainer = CONTAINER.test(scheme) && !userInfo?.includes(':');
    return userInfo === null || isContainer ? whole : `${scheme}//***${rest.slice(userInfo.length)}`;
  });
}

function beforeHost(rest: string): string | null {
  const end = rest.lastIndexOf('@');
  return end < 0 || PLAIN_HOST.test(rest) ? null : rest.slice(0, end);
}

/** User or password of an address without its escapes; null where a `%` begins none. */
export function unescaped(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
