import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { instanceQuery } from "../../api/queries";

/** The instance: its name and logo, and the color that everything has. */
export function Brand() {
  const { data } = useQuery(instanceQuery);
  const name = data?.name ?? "Portico";
  useEffect(() => {
    document.title = `${name} console`;
  }, [name]);
  useEffect(() => {
    if (data?.accent_color) document.documentElement.style.setProperty("--accent-base", data.accent_color);
  }, [data?.accent_color]);
  return (
    <Link to="/" className="pc-brand">
      {data?.logo_url ? <img src={data.logo_url} alt="" height={20} /> : <Mark />}
      <span className="pc-truncate">{name}</span>
    </Link>
  );
}

/** Two columns and a roof. */
export function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M10 1.5 18.5 6.5v1.8h-17V6.5z" fill="currentColor" />
      <path d="M4 9.8h2.6v6.4H4zM13.4 9.8H16v6.4h-2.6zM1.8 16.9h16.4v1.6H1.8z" fill="currentColor" />
    </svg>
  );
}
