import { labels } from '../../src/base/index.ts'
import { compareBytes, decodeCbor, encodeCbor, type CborMap, type CborValue } from '../../src/codec/index.ts'
import type { author, Draft } from '../../src/team/index.ts'
import { unusual, type Step } from './notation.ts'
import { bytesOf, deviceOf } from './sight.ts'

type Signer = Parameters<typeof author>[0]

/** Signs a draft, or does with it what the step says a forger does. */
export function signedOrForged(
  step: Step,
  signer: Signer,
  draft: Draft,
  tools: { readonly sign: typeof author; readonly idOf: (mark: string) => Uint8Array },
): Uint8Array {
  const keyOf = unusual(step, /^key of (\w+)$/)
  if (keyOf !== undefined) return tools.sign({ ...signer, signing: deviceOf(keyOf).signing }, draft)
  const bytes = tools.sign(signer, draft)
  const [unsigned, signature] = decodeCbor(bytes, { depthMax: 8 }) as unknown as [Uint8Array, Uint8Array]
  const signedBy = unusual(step, /^signed by (\w+)$/)
  if (signedBy !== undefined) {
    const [key] = deviceOf(signedBy).signing
    return encodeCbor([unsigned, key?.sign(labels.command, unsigned) ?? signature])
  }
  const edit = editOf(step, tools.idOf)
  if (edit === undefined) return bytes
  // The signature stays where it was: it belongs to other bytes now.
  return encodeCbor([encodeCbor(edit(decodeCbor(unsigned, { depthMax: 8 }) as CborMap)), signature])
}

type Edit = (map: CborMap) => CborMap

function editOf(step: Step, idOf: (mark: string) => Uint8Array): Edit | undefined {
  const edited = unusual(step, /^(\w+ edited.*)$/)
  const [what, , , to = ''] = edited?.split(' ') ?? []
  switch (what) {
    case undefined:
      return undefined
    case 'role':
      return (map) => ({ ...map, b: { ...(map['b'] as Record<string, CborValue>), role: to } })
    case 'kind':
      return (map) => ({ ...map, c: to })
    case 'team':
      return (map) => ({ ...map, t: bytesOf('another team') })
    case 'author':
      return (map) => ({ ...map, a: deviceOf(to).idBytes })
    case 'parent':
      return (map) => ({ ...map, p: [idOf(to)].sort(compareBytes) })
    default:
      throw new Error(`no such edit: ${what}`)
  }
}
