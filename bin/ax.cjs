#!/usr/bin/env node
'use strict'
require('./node-floor.cjs').run('ax')
