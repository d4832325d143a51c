import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eef0ff',
  '#dfe2ff',
  '#c3c8ff',
  '#a6acff',
  '#8e96ff',
  '#6e74f0',
  '#5750de',
  '#4338ca',
  '#372cb0',
  '#2f2599',
];

/** What opens is there in the same event, so that the next key reaches it; ui/focus.tsx moves the keyboard. */
const atOnce = { transitionProps: { duration: 0 }, trapFocus: false, returnFocus: false };

/** Mantine set to our type, radii and accent; colours come from tokens.css through {@link tokenVariables}. */
export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '20px', xl: '24px' },
  defaultRadius: 8,
  cursorType: 'pointer',
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  respectReducedMotion: true,
  colors: { accent },
  components: {
    Tooltip: { defaultProps: { openDelay: 350, withinPortal: true, fz: 12, radius: 6, color: 'var(--tooltip)' } },
    Popover: { defaultProps: atOnce },
    Menu: {
      defaultProps: {
        shadow: 'none',
        radius: 10,
        withinPortal: true,
        withInitialFocusPlaceholder: false,
        ...atOnce,
      },
    },
  },
});

const variables = {
  '--mantine-color-body': 'var(--canvas)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-2)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--error)',
  '--mantine-color-default': 'var(--card)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--border)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
};

/** Lets Mantine's own variables point to our tokens, the same in both modes because the tokens change by themselves. */
export const tokenVariables: CSSVariablesResolver = () => ({ variables: {}, light: variables, dark: variables });
