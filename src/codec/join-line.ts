import { fail, limits, type HyraxError } from '../base/index.ts'
import { fromBase64Url, toBase64Url } from './base-n.ts'
import { idText, parseId } from './ids.ts'
import { parsePeerId, peerIdText } from './identity-text.ts'
import { multiaddrText, parseNodeAddress } from './node-address.ts'

const start = 'hyrax-join1:'

/** What a fresh node needs to find a swarm (`FORMATS.md` 2). With `key` it is as secret as the swarm key. */
export interface JoinLine {
  /** 32 bytes of the team to join, if any. */
  readonly team?: Uint8Array
  /** PeerId that every address must show. */
  readonly peer: string
  /** 1 to 8 canonical multiaddresses without `/p2p`. */
  readonly addresses: readonly string[]
  /** 32 hex digits. */
  readonly fingerprint: string
  /** The swarm key itself, 32 bytes, on explicit demand. */
  readonly key?: Uint8Array
}

/** `hyrax-join1:<team or nothing>/<PeerId><multiaddrs joined by ,>?fp=<fingerprint>[&key=…]`. */
export function formatJoinLine(line: JoinLine): string {
  const team = line.team === undefined ? '' : idText('team', line.team)
  const key = line.key === undefined ? '' : `&key=${toBase64Url(line.key)}`
  return `${start}${team}/${line.peer}${line.addresses.join(',')}?fp=${line.fingerprint}${key}`
}

/** Reads a join line; only what `formatJoinLine` would write, else `ERR_INVALID_INPUT`, which repeats none of it. */
export function parseJoinLine(text: string): JoinLine {
  const parts =
    /^hyrax-join1:([a-z0-9_]*)\/([A-Za-z0-9]+)(\/[^?]*)\?fp=([0-9a-f]{32})(?:&key=([A-Za-z0-9_-]{43}))?$/.exec(text)
  if (parts === null) throw notAJoinLine('it is not hyrax-join1:<team>/<PeerId>/<addresses>?fp=<fingerprint>')
  const [, team = '', peer = '', addresses = '', fingerprint = '', key] = parts
  const line = readParts({ team, peer, addresses, fingerprint, key })
  if (formatJoinLine(line) !== text) throw notAJoinLine('it is not written the one way it is written')
  return line
}

type Parts = { team: string; peer: string; addresses: string; fingerprint: string; key: string | undefined }

function readParts({ team, peer, addresses, fingerprint, key }: Parts): JoinLine {
  const typed = addresses.split(',')
  if (typed.length > limits.helloAddressesMax) throw notAJoinLine(`more than ${limits.helloAddressesMax} addresses`)
  try {
    return {
      ...(team === '' ? {} : { team: parseId('team', team) }),
      peer: peerIdText(parsePeerId(peer)),
      addresses: typed.map((address) => unpinned(address)),
      fingerprint,
      ...(key === undefined ? {} : { key: fromBase64Url(key) }),
    }
  } catch (cause) {
    throw key === undefined
      ? notAJoinLine('its team, identity or an address is wrong', cause)
      : notAJoinLine('a part of it is wrong')
  }
}

function unpinned(text: string): string {
  const address = parseNodeAddress(text)
  if (address.peer !== undefined) throw notAJoinLine('an address repeats the identity')
  return multiaddrText(address)
}

function notAJoinLine(why: string, cause?: unknown): HyraxError {
  return fail('ERR_INVALID_INPUT', { what: `this is no join line: ${why}` }, { cause })
}
