/** Marks for identity providers: letters and figures of our own, so that a list can be looked over. */

const MARKS: Record<string, { hue: number; draw: React.ReactNode }> = {
  okta: { hue: 255, draw: <circle cx="12" cy="12" r="5" fill="none" stroke="currentColor" strokeWidth="3.4" /> },
  entra: {
    hue: 220,
    draw: <path d="M12 5.2 18 12l-6 6.8L6 12zM12 9.4 9.7 12l2.3 2.6 2.3-2.6z" fill="currentColor" fillRule="evenodd" />,
  },
  google: {
    hue: 150,
    draw: (
      <path
        d="M17.5 8.6A6.3 6.3 0 1 0 18.2 12H12.6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.8"
        strokeLinecap="round"
      />
    ),
  },
  onelogin: {
    hue: 200,
    draw: (
      <path d="M9 8.6 12.6 6v12M9.4 18h6.4" fill="none" stroke="currentColor" strokeWidth="2.8" strokeLinecap="round" />
    ),
  },
  jumpcloud: {
    hue: 170,
    draw: <path d="M7 17a3.6 3.6 0 0 1 .2-7.2 5 5 0 0 1 9.5 1.2A3 3 0 0 1 16.5 17z" fill="currentColor" />,
  },
  ping: {
    hue: 20,
    draw: (
      <path
        d="M8.5 19V6h4.4a4 4 0 0 1 0 8H8.5"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.8"
        strokeLinecap="round"
      />
    ),
  },
  rippling: {
    hue: 320,
    draw: (
      <path
        d="M5.5 9c2.2-2.2 4.3-2.2 6.5 0s4.300 2.200 6.500 0M5.500 15c2.200-2.200 4.300-2.200 6.500 0s4.300 2.200 6.500 0"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
    ),
  },
  cyberark: {
    hue: 285,
    draw: (
      <path
        d="M12 5 18 8v4.500c0 3.400-2.600 5.700-6 6.500-3.400-.8-6-3.100-6-6.500V8z"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
      />
    ),
  },
};
const OTHER = {
  hue: 90,
  draw: (
    <path
      d="M8 7v4.500h8M8 11.500V17m8-5.500V17"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.200"
      strokeLinecap="round"
    />
  ),
};

export function ProviderMark({ provider, size = 28 }: { provider: string; size?: number }) {
  const { hue, draw } = MARKS[provider] ?? OTHER;
  return (
    <span
      className="pc-avatar pc-avatar-square"
      style={{ width: size, height: size, "--hue": hue } as React.CSSProperties}
      aria-hidden="true"
    >
      <svg width={size * 0.86} height={size * 0.86} viewBox="0 0 24 24">
        <title>{provider}</title>
        {draw}
      </svg>
    </span>
  );
}

const WIDTH = 544;
const ROW = 40;

/** What the provider's form looks like, with what is to be typed: drawn, so that it needs no picture of theirs. */
export function SetupFigure({
  provider,
  title,
  fields,
}: {
  provider: string;
  title: string;
  fields: { label: string; value: string }[];
}) {
  const shown = fields.slice(0, 7);
  if (shown.length === 0) return null;
  const height = 60 + shown.length * ROW;
  const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const { hue } = MARKS[provider] ?? OTHER;
  return (
    <figure className="pc-figure">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`A sketch of the form “${title}”`}>
        <rect width={WIDTH} height="36" fill="var(--surface-2)" />
        <rect width="6" height={height} fill={`oklch(0.65 0.13 ${hue})`} />
        {[0, 1, 2].map((i) => (
          <circle key={i} cx={24 + i * 14} cy="18" r="4" fill="var(--border)" />
        ))}
        <text x={WIDTH / 2} y="22" textAnchor="middle" fontSize="12" fontWeight="600" fill="var(--text-2)">
          {cut(title, 50)}
        </text>
        {shown.map(({ label, value }, i) => {
          const y = 48 + i * ROW;
          const on = /^(enable|enabled|on|tick|ticked|yes)$/i.test(value);
          return (
            <g key={label}>
              <text x="24" y={y + 20} fontSize="12" fill="var(--text)">
                {cut(label, 29)}
              </text>
              {on ? (
                <>
                  <rect x="228" y={y + 5} width="20" height="20" rx="4" fill="var(--accent)" />
                  <path
                    d={`m232.500 ${y + 15} 3.800 4 7.500-8`}
                    fill="none"
                    stroke="var(--accent-fg)"
                    strokeWidth="2"
                  />
                  <text x="258" y={y + 20} fontSize="12" fill="var(--text-2)">
                    {value}
                  </text>
                </>
              ) : (
                <>
                  <rect
                    x="228"
                    y={y}
                    width="296"
                    height="30"
                    rx="6"
                    fill="var(--surface)"
                    stroke="var(--border-strong)"
                  />
                  <text x="238" y={y + 20} fontSize="12" fontFamily="var(--font-mono)" fill="var(--text-2)">
                    {cut(value, 38)}
                  </text>
                </>
              )}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
