// Text that users see passes the translator: src/ is linted with these rules, and src/messages/visibleText.test.ts tests them.
import jupyter from '@jupyter/eslint-plugin';

const NAMES =
  '/^(alt|aria-label|body|caption|description|help|hint|label|loss|message|notice|placeholder|text|title|tooltip)$/';
const WORDS = '/[A-Za-z]{2}/';
const message = 'Text that users see passes trans.__() or trans._n().';

export const visibleText = {
  plugins: { jupyter },
  rules: {
    'jupyter/no-untranslated-string': 'error',
    'no-restricted-syntax': [
      'error',
      // The former knows literals alone, and not every name of ours.
      {
        selector: `:matches(Property[key.name=${NAMES}], JSXAttribute[name.name=${NAMES}] > JSXExpressionContainer, JSXElement > JSXExpressionContainer) > TemplateLiteral > TemplateElement[value.raw=${WORDS}]`,
        message
      },
      {
        // JupyterLab takes the description of a plugin as it is.
        selector: `Property[key.name=${NAMES}]:not(ObjectExpression:has(> Property[key.name="autoStart"]) > Property) > Literal[value=/[A-Za-z].* /]`,
        message
      },
      {
        selector: `ThrowStatement > NewExpression[callee.name="Error"] > :matches(Literal[value=${WORDS}], TemplateLiteral)`,
        message
      },
      // What stands in a message has its template in the catalogue.
      {
        selector: `CallExpression[callee.property.name=/^_[_np]+$/] > :matches(TemplateLiteral, BinaryExpression):first-child`,
        message: 'Only literals can be extracted for translators.'
      }
    ]
  }
};
