/** How a host is named. */
export type HostFamily = 'ip4' | 'ip6' | 'dns' | 'dns4' | 'dns6'

const byte = '(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
const ip4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/**
 * The one spelling of a host, or undefined if it is none: IPv4 as four decimal numbers, IPv6 as in RFC 5952 with its
 * zone, DNS names as lower-case A-labels without a final dot. `localhost` stays a name.
 */
export function canonicalHost(host: string): { host: string; family: 'ip4' | 'ip6' | 'dns' } | undefined {
  if (ip4.test(host)) return { host, family: 'ip4' }
  if (host.includes(':')) return canonicalIp6(host)
  const name = asciiName(host)
  return name === undefined ? undefined : { host: name, family: 'dns' }
}

/** True for `0.0.0.0` and `::`, which mean every address of a machine and can be dialled nowhere. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^::(%|$)/.test(host) || /^::ffff:0:0(%|$)/.test(host)
}

function canonicalIp6(host: string): { host: string; family: 'ip6' } | undefined {
  const [address = '', zone, ...more] = host.split('%')
  if (more.length > 0 || (zone !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(zone))) return undefined
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(address)) return undefined
  const url = readUrl(`[${address}]`)
  if (url === undefined) return undefined
  return { host: url.slice(1, -1) + (zone === undefined ? '' : `%${zone}`), family: 'ip6' }
}

function asciiName(host: string): string | undefined {
  // A URL would read %41 as A and cut at these; here they are no part of a name.
  if (host.length > 253 || /[\s%/\\?#@:[\]<>^|]/.test(host)) return undefined
  const name = readUrl(host)?.replace(/\.$/, '')
  if (name === undefined || name === '' || name.length > 253) return undefined
  const labels = name.split('.')
  // 1.2.3, 0x7f.1 and ١٢٧.0.0.1 are IPv4 to a URL: another spelling of what has one already.
  return labels.every((part) => label.test(part)) && !/^[0-9]+$/.test(labels.at(-1) ?? '') ? name : undefined
}

function readUrl(host: string): string | undefined {
  try {
    return new URL(`http://${host}/`).hostname
  } catch {
    return undefined
  }
}
