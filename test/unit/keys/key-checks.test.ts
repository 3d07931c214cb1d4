import { expect, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import { answerPacked } from '../../../src/keys/key-checks.ts'
import { answerKeyCheck, generateIdentity, openKeys, packChecks, type KeyCheck } from '../../../src/keys/index.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

it('packed checks are answered as each alone is, the bad ones too', async () => {
  const keys = await openKeys()
  const random = createSeededRandomness(5)
  const checks: KeyCheck[] = []
  for (let i = 0; i < 60; i++) {
    const identity = generateIdentity(random)
    const bytes = random.bytes(i * 20)
    const signature = keys.sign(identity, labels.command, bytes)
    const good = { kind: 'signature', publicKey: identity.publicKey, label: labels.command, bytes, signature } as const
    checks.push(good, { ...good, label: labels.keyBundle }, { ...good, signature: signature.map((byte) => byte ^ 1) })
    checks.push({ kind: 'point', publicKey: identity.publicKey }, { kind: 'point', publicKey: new Uint8Array(32) })
    checks.push({ ...good, publicKey: new Uint8Array(32) }, { ...good, signature: signature.subarray(0, 63) })
  }
  const alone = checks.map((check) => answerKeyCheck(keys, check))
  expect(alone.filter((holds) => holds)).toHaveLength(120)
  expect(Array.from(answerPacked(keys, packChecks(checks)), (answer) => answer === 1)).toEqual(alone)
})
