import { fail, limits, type HyraxError } from '../base/index.ts'
import { fromBase32, fromBase64Url, toBase32, toBase64Url } from './base-n.ts'
import { idText, parseId } from './ids.ts'
import { parsePeerId, peerIdText } from './identity-text.ts'
import { multiaddrText, parseNodeAddress } from './node-address.ts'

const joinStart = 'hyrax-join1:'
const inviteStart = 'hyrax-invite1:'

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

/** An invite code (`TEAM.md` 8): a join line to the server that admits, and what admits. A secret. */
export interface InviteLine extends JoinLine {
  readonly team: Uint8Array
  /** 20 bytes: the seed and its checksum, which `keys` reads. */
  readonly code: Uint8Array
}

/** `hyrax-join1:<team or nothing>/<PeerId><multiaddrs joined by ,>?fp=<fingerprint>[&key=…]`. */
export function formatJoinLine(line: JoinLine): string {
  return joinStart + formatRest(line)
}

/** `hyrax-invite1:<32 base32 characters>@<team>/<PeerId of the server>` and the rest of a join line. */
export function formatInviteLine(line: InviteLine): string {
  return `${inviteStart}${toBase32(line.code)}@${formatRest(line)}`
}

/** Reads a join line; only what `formatJoinLine` would write, else `ERR_INVALID_INPUT`, which repeats none of it. */
export function parseJoinLine(text: string): JoinLine {
  if (!text.startsWith(joinStart)) throw notAJoinLine(`it does not begin with ${joinStart}`)
  const line = readRest(text.slice(joinStart.length), notAJoinLine)
  if (formatJoinLine(line) !== text) throw notAJoinLine('it is not written the one way it is written')
  return line
}

/** Reads an invite code; only what `formatInviteLine` would write, else `ERR_TEAM_INVITE_CODE_INVALID`. */
export function parseInviteLine(text: string): InviteLine {
  const parts = /^hyrax-invite1:([A-Z2-7]{32})@(.*)$/s.exec(text)
  if (parts === null) throw notAnInvite(`it is not ${inviteStart}<32 characters>@<team>/<PeerId>/<addresses>?fp=…`)
  const [, code = '', rest = ''] = parts
  const line = readRest(rest, notAnInvite)
  if (line.team === undefined) throw notAnInvite('it names no team')
  const invite = { ...line, team: line.team, code: fromBase32(code) }
  if (formatInviteLine(invite) !== text) throw notAnInvite('it is not written the one way it is written')
  return invite
}

/** True for a text that is meant as an invite code, whatever its rest. */
export function looksLikeInvite(text: string): boolean {
  return text.startsWith(inviteStart)
}

function formatRest(line: JoinLine): string {
  const team = line.team === undefined ? '' : idText('team', line.team)
  const key = line.key === undefined ? '' : `&key=${toBase64Url(line.key)}`
  return `${team}/${line.peer}${line.addresses.join(',')}?fp=${line.fingerprint}${key}`
}

/** Says what is wrong; never with the text, which may hold a key. */
type Wrong = (why: string, cause?: unknown) => HyraxError

function readRest(text: string, wrong: Wrong): JoinLine {
  const parts = /^([a-z0-9_]*)\/([A-Za-z0-9]+)(\/[^?]*)\?fp=([0-9a-f]{32})(?:&key=([A-Za-z0-9_-]{43}))?$/.exec(text)
  if (parts === null) throw wrong('after its beginning it is not <team>/<PeerId>/<addresses>?fp=<fingerprint>')
  const [, team = '', peer = '', addresses = '', fingerprint = '', key] = parts
  const typed = addresses.split(',')
  if (typed.length > limits.helloAddressesMax) throw wrong(`more than ${limits.helloAddressesMax} addresses`)
  try {
    return {
      ...(team === '' ? {} : { team: parseId('team', team) }),
      peer: peerIdText(parsePeerId(peer)),
      addresses: typed.map((address) => unpinned(address, wrong)),
      fingerprint,
      ...(key === undefined ? {} : { key: fromBase64Url(key) }),
    }
  } catch (cause) {
    throw key === undefined ? wrong('its team, identity or an address is wrong', cause) : wrong('a part of it is wrong')
  }
}

function unpinned(text: string, wrong: Wrong): string {
  const address = parseNodeAddress(text)
  if (address.peer !== undefined) throw wrong('an address repeats the identity')
  return multiaddrText(address)
}

function notAJoinLine(why: string, cause?: unknown): HyraxError {
  return fail('ERR_INVALID_INPUT', { what: `this is no join line: ${why}` }, { cause })
}

/** Without a cause: an error of a part might repeat what surrounds it. */
function notAnInvite(why: string): HyraxError {
  return fail('ERR_TEAM_INVITE_CODE_INVALID', { why })
}
