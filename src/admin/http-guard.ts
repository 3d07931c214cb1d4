import type { IncomingMessage } from 'node:http'
import { fail, type HyraxError } from '../base/index.ts'

/**
 * What is wrong with a request before anything is routed: a page of another origin, a name that was pointed at
 * loopback, a path that is no plain path (`SECURITY.md` H1, H2, H5). Undefined: it may be routed. Asked of the raw
 * message, since what is parsed later has lost duplicates and absolute forms.
 */
export function requestProblem(request: IncomingMessage, port: number): HyraxError | undefined {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`)
  const [host, ...moreHosts] = headersNamed(request, 'host')
  if (host === undefined || moreHosts.length > 0 || !hosts.includes(host)) return fail('ERR_ADMIN_HOST')
  const origins = headersNamed(request, 'origin')
  if (origins.some((origin) => origin !== `http://${host}`)) return fail('ERR_ADMIN_HOST')
  const site = headersNamed(request, 'sec-fetch-site')
  if (site.some((value) => value !== 'same-origin' && value !== 'none')) return fail('ERR_ADMIN_HOST')
  const target = request.url ?? ''
  if (!/^(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(target) || target.includes('..')) {
    return fail('ERR_ADMIN_NOT_FOUND', { what: 'this path' })
  }
  return undefined
}

/** What is wrong with the headers of a call: it must be one that no page can make without asking first. */
export function callProblem(request: IncomingMessage): HyraxError | undefined {
  const [mark, ...moreMarks] = headersNamed(request, 'x-hyrax')
  if (mark !== '1' || moreMarks.length > 0) {
    return fail('ERR_INVALID_INPUT', { what: 'the header X-Hyrax: 1 is missing' })
  }
  const [type, ...moreTypes] = headersNamed(request, 'content-type')
  const isJson = /^application\/json(\s*;\s*charset=utf-8)?$/i.test(type ?? '')
  if (!isJson || moreTypes.length > 0) {
    return fail('ERR_INVALID_INPUT', { what: 'the Content-Type must be application/json' })
  }
  return undefined
}

/** Every value of a header, in order: Node joins or drops duplicates elsewhere. */
function headersNamed(request: IncomingMessage, name: string): string[] {
  const raw = request.rawHeaders
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name)
}
