import type { Handlers, NodeParts } from '../parts.ts'

/** `ax keys authorize`, `deauthorize`, `authorized`. */
export function keysHandlers(parts: NodeParts): Handlers<'keys.authorize' | 'keys.deauthorize' | 'keys.authorized'> {
  return {
    'keys.authorize': (request, { caller }) => parts.settings.authorize(request, caller),
    'keys.deauthorize': async (request, { caller }) => {
      const sessions = parts.doors.sessions().length
      const result = await parts.settings.deauthorize(request, caller)
      return { ...result, sessionsCut: sessions - parts.doors.sessions().length }
    },
    'keys.authorized': (_, { caller }) => ({
      requireAuthentication: parts.settings.effective().admin.requireAuthentication,
      keys: parts.settings.authorizedKeys(caller),
    }),
  }
}
