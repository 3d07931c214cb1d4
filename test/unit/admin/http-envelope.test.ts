import { describe, expect, it } from 'vitest'
import { errorCodes, fail, type ErrorCode } from '../../../src/base/index.ts'
import { failureHeaders, failureLine, httpStatus, successLine } from '../../../src/admin/http-envelope.ts'

describe('the envelope', () => {
  it('holds code, text, hint and data', () => {
    expect(successLine({ a: 1 })).toBe('{"code":"OK","result":{"a":1}}')
    expect(JSON.parse(failureLine(fail('ERR_FILE_EXISTS', { path: '/x' })))).toEqual({
      code: 'ERR_FILE_EXISTS',
      message: 'File /x exists already.',
      hint: 'Use --force to replace it.',
      data: { path: '/x' },
    })
  })

  it('names no key where none was proved', () => {
    expect(JSON.parse(failureLine(fail('ERR_UNAUTHORIZED')))).toEqual({
      code: 'ERR_UNAUTHORIZED',
      message: 'Provided key is not authorized to access the API.',
    })
  })

  it.each([
    ['ERR_INVALID_INPUT', 400],
    ['ERR_SETTINGS_INVALID', 400],
    ['ERR_CODEC_JSON', 400],
    ['ERR_USER_UNAUTHENTICATED', 401],
    ['ERR_UNAUTHORIZED', 403],
    ['ERR_NODE_MISCONFIGURED', 403],
    ['ERR_ADMIN_HOST', 403],
    ['ERR_ADMIN_NOT_FOUND', 404],
    ['ERR_FILE_EXISTS', 409],
    ['ERR_INVALID_NODE_STATE', 409],
    ['ERR_ADMIN_TOO_LARGE', 413],
    ['ERR_INTERNAL_ERROR', 500],
    ['ERR_ADMIN_BUSY', 503],
  ] as const)('%s is status %i', (code, status) => {
    expect(httpStatus(code)).toBe(status)
  })

  it('has an error status for every code, and says when to try again', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) expect(httpStatus(code)).toBeGreaterThanOrEqual(400)
    expect(failureHeaders(503)).toHaveProperty('Retry-After')
    expect(failureHeaders(400)).not.toHaveProperty('Retry-After')
  })
})
