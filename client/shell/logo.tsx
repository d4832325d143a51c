/** Millrace's mark: two waves of the race. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="var(--accent)"
      strokeWidth="1.9"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M1.5 7.5c2.8-2.7 5.7-2.7 8.5 0s5.7 2.7 8.5 0" />
      <path d="M1.5 13.5c2.8-2.7 5.7-2.7 8.5 0s5.7 2.7 8.5 0" opacity="0.75" />
    </svg>
  );
}
