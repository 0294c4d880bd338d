import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { visibleText } from './eslint.visible-text.mjs';

export default tseslint.config(
  {
    ignores: ['**/lib', '**/node_modules', 'jupyterlab_dask_hpc', '*.mjs']
  },
  js.configs.recommended,
  { plugins: { jupyter } },
  jupyter.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [
      tseslint.configs.strictTypeChecked,
      hooks.configs.flat.recommended
    ],
    languageOptions: {
      parserOptions: {
        project: './tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      // Numbers are written into text on purpose; tokens share the name of their interface.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true }
      ],
      '@typescript-eslint/no-redeclare': 'off',
      // Signals are connected with their `this` beside.
      '@typescript-eslint/unbound-method': 'off',
      // An index may miss, which the types of arrays do not tell.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true }
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_' }
      ],
      // A plugin's activate has the shape that JupyterLab calls.
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: false }
      ],
      'react-hooks/exhaustive-deps': 'error',
      eqeqeq: 'error'
    }
  },
  { files: ['src/**/*.{ts,tsx}'], ...visibleText },
  {
    files: ['src/**/*.test.{ts,tsx}', 'src/testing/**'],
    rules: {
      'jupyter/no-untranslated-string': 'off',
      'no-restricted-syntax': 'off',
      'jupyter/command-described-by': 'off',
      'jupyter/require-disposable-ownership': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off'
    }
  },
  {
    files: ['ui-tests/**/*.ts'],
    extends: [tseslint.configs.recommended]
  },
  prettier
);
