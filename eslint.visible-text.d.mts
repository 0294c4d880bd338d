import type { Linter } from 'eslint';

export const visibleText: Linter.Config;
