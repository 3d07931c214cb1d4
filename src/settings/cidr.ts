/** A range of addresses, as in `10.0.0.0/8` or `fd00::/8`: canonical, host bits zero. */
export interface Cidr {
  /** 4 or 16 bytes. */
  readonly network: Uint8Array
  readonly bits: number
  readonly text: string
}

/** Reads `a.b.c.d/n` or IPv6 `…/n`; undefined unless it is written canonically and its host bits are zero. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, bitsText, ...more] = text.split('/')
  if (address === undefined || bitsText === undefined || more.length > 0) return undefined
  if (!/^(0|[1-9][0-9]{0,2})$/.test(bitsText)) return undefined
  const network = parseAddress(address)
  const bits = Number(bitsText)
  if (network === undefined || bits > network.length * 8) return undefined
  if (formatAddress(network) !== address || !hostBitsAreZero(network, bits)) return undefined
  return { network, bits, text }
}

/** True where the address (an IPv4-mapped IPv6 address counts as IPv4; a zone is ignored) lies in the range. */
export function cidrHolds(cidr: Cidr, address: string): boolean {
  const bytes = parseSource(address)
  if (bytes?.length !== cidr.network.length) return false
  return bytes.every((byte, index) => {
    const mask = maskOf(cidr.bits, index)
    return (byte & mask) === ((cidr.network[index] ?? 0) & mask)
  })
}

/** The address a socket came from as 4 or 16 bytes: zone cut off, IPv4-mapped IPv6 as IPv4. */
export function parseSource(address: string): Uint8Array | undefined {
  const bytes = parseAddress(address.split('%')[0] ?? '')
  const mapped = bytes?.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0)
  if (bytes !== undefined && mapped && bytes[10] === 0xff && bytes[11] === 0xff) return bytes.subarray(12)
  return bytes
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  const bytes = parseSource(address)
  if (bytes === undefined) return false
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text)
}

function parseIp4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined
  }
  return Uint8Array.from(parts, Number)
}

function parseIp6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = [halves[0] ?? '', halves[1]].map((half) => parseGroups(half))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The 16-bit groups of one half; an IPv4 tail counts as two. */
function parseGroups(half: string | undefined): number[] | undefined {
  if (half === undefined) return undefined
  if (half === '') return []
  const parts = half.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    const ip4 = index === parts.length - 1 && part.includes('.') ? parseIp4(part) : undefined
    if (ip4 !== undefined) groups.push(((ip4[0] ?? 0) << 8) | (ip4[1] ?? 0), ((ip4[2] ?? 0) << 8) | (ip4[3] ?? 0))
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0))
  const run = longestZeroRun(groups)
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  if (run.length < 2) return hex(groups)
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`
}

/** RFC 5952: the first of the longest runs of zero groups is the one that is shortened. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of [...groups, 1].entries()) {
    if (group === 0) continue
    if (index - start > best.length) best = { start, length: index - start }
    start = index + 1
  }
  return best
}

function hostBitsAreZero(network: Uint8Array, bits: number): boolean {
  return network.every((byte, index) => (byte & ~maskOf(bits, index) & 0xff) === 0)
}

function maskOf(bits: number, index: number): number {
  const left = Math.min(8, Math.max(0, bits - index * 8))
  return (0xff << (8 - left)) & 0xff
}
