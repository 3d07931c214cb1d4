import type { Leaf } from '../grammar.ts'
import { text } from '../outcome.ts'
import { version } from '../version.ts'

export const versionLeaves: readonly Leaf[] = [
  {
    verb: '',
    summary: 'Which ax this is, and on which Node it runs.',
    example: 'ax version',
    run: async () => {
      const result = { version, node: process.version, platform: `${process.platform} ${process.arch}` }
      return {
        result,
        view: text(`ax ${result.version} on Node ${result.node}, ${result.platform}`),
        names: [result.version],
      }
    },
  },
]
