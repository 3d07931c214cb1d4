import { fail } from '../../base/index.ts'
import {
  formatId,
  fromHex,
  looksLikeId,
  nkeyText,
  parseId,
  parseListEntry,
  parsePublicIdentity,
  axKeyText,
  peerIdText,
  toHex,
} from '../../codec/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'

export const idsLeaves: readonly Leaf[] = [
  {
    verb: 'convert',
    arguments: '<value>',
    summary: 'One identity, or one id of a team, device or command, in every text form.',
    options: [{ flags: '--to <form>', summary: 'only this one: peerid, key, nkey, base32, hex or enode' }],
    example: 'ax ids convert 0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I=',
    run: convert,
  },
]

async function convert(_: Session, input: Input): Promise<Outcome> {
  const forms = await allForms(input.text('value').trim())
  const to = input.optional('to')
  if (to === undefined) return { result: forms, view: fields(forms), names: Object.values(forms) }
  const form = forms[to]
  if (form === undefined) {
    throw fail('ERR_INVALID_INPUT', { what: `this value has no form "${to}", it has ${Object.keys(forms).join(', ')}` })
  }
  return { result: { [to]: form }, view: text(form), names: [form] }
}

async function allForms(value: string): Promise<Record<string, string>> {
  for (const kind of ['team', 'dev', 'cmd', 'inv'] as const) {
    if (!looksLikeId(kind, value)) continue
    const bytes = parseId(kind, value)
    return { base32: formatId('base32', kind, bytes), hex: formatId('hex', kind, bytes) }
  }
  const pk = readPublic(value)
  const { checkedPoint, fingerprintText, openKeys } = await import('../../keys/index.ts')
  checkedPoint(await openKeys(), pk)
  return {
    peerid: peerIdText(pk),
    key: axKeyText(pk),
    nkey: nkeyText('N', pk),
    hex: toHex(pk),
    enode: `enode://${toHex(pk)}@`,
    fingerprint: fingerprintText(pk),
  }
}

/** 64 hex digits, an `enode://` or multiaddress, or any text form of a key. */
function readPublic(value: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(value)) return fromHex(value.toLowerCase())
  if (/^enode:|^\//.test(value)) return parseListEntry(value).pk
  return parsePublicIdentity(value).pk
}
