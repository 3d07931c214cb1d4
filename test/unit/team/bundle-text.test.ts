import { beforeAll, describe, expect, it } from 'vitest'
import { fromBase64, idText, toBase64 } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { formatKeyBundle, readAnyBundle, readBundle } from '../../../src/team/index.ts'
import { Scribe, type Actor } from '../../helpers/team-scribe.ts'

let scribe: Scribe
let actor: Actor
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  actor = scribe.actor('U')
})

describe('a key bundle as it travels by hand', () => {
  it('reads back in each scheme, and in any by its look', () => {
    for (const scheme of ['json', 'text'] as const) {
      const written = formatKeyBundle(scheme, actor.bundle)
      expect(readBundle(scheme, written, scribe.keys)).toEqual(actor.bundle)
      expect(readAnyBundle(`\n${written}\n`, scribe.keys)).toEqual(actor.bundle)
      expect(written).toContain(idText('dev', actor.device))
      expect(written).toContain(actor.identity.peer)
    }
    const bytes = formatKeyBundle('cbor', actor.bundle)
    expect(readBundle('cbor', bytes, scribe.keys)).toEqual(actor.bundle)
    expect(readAnyBundle(toBase64(bytes), scribe.keys)).toEqual(actor.bundle)
  })

  it('a changed character, a trailing byte, a wrong id, an unknown scheme: ERR_TEAM_BAD_ENCODING', () => {
    const text = formatKeyBundle('text', actor.bundle)
    const lines = text.split('\n')
    const body = lines.findIndex((line) => line === '') + 1
    const changed = lines.with(body, `B${lines[body]!.slice(1)}`).join('\n')
    const other = text.replace(idText('dev', actor.device), idText('dev', scribe.actor('V').device))
    const refused = { code: 'ERR_TEAM_BAD_ENCODING' }
    for (const bad of [changed, other, text.replace('-----END', 'END'), `${text}x`, text.replace(/\n=/, '\nA=')])
      expect(readBundle('text', bad, scribe.keys)).toMatchObject(refused)
    const json = formatKeyBundle('json', actor.bundle)
    for (const bad of [
      json.replace('"v": 1', '"v": 2'),
      json.replace('{', '{"x": 1,'),
      json.replace(/checksum": "./, 'checksum": "z'),
    ])
      expect(readBundle('json', bad, scribe.keys)).toMatchObject(refused)
    const trailing = Uint8Array.of(...actor.bundle.bytes, 0)
    expect(readBundle('cbor', trailing, scribe.keys)).toMatchObject(refused)
    expect(readBundle('yaml', text, scribe.keys)).toMatchObject(refused)
    expect(readAnyBundle('what is this', scribe.keys)).toMatchObject(refused)
  })

  it('another signature than the identity’s is refused', () => {
    const bytes = fromBase64(toBase64(actor.bundle.bytes))
    bytes[bytes.length - 1]! ^= 1
    expect(readBundle('cbor', bytes, scribe.keys)).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
  })
})
