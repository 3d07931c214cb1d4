import type { Leaf } from '../grammar.ts'
import { fields } from '../outcome.ts'

export const whoamiLeaves: readonly Leaf[] = [
  {
    verb: '',
    arguments: '[node]',
    summary: 'Which key the node sees, and what it may do.',
    example: 'ax whoami',
    run: async (session, input) => {
      const me = await session.call('status.whoami', {}, input.optional('node'))
      const { key, peer, role, rights, door, because } = me
      return {
        result: me,
        view: fields({ Key: key, PeerId: peer, Role: role, Rights: rights.join(' '), Door: door, Because: because }),
        names: [key ?? peer ?? role],
      }
    },
  },
]
