import { Building2 } from "lucide-react";
import { Empty } from "../components/kit";

/** For somebody who belongs to no organization and manages nothing. */
export function HomePage() {
  return (
    <div className="pc-page">
      <Empty
        icon={<Building2 size={32} aria-hidden />}
        title="You belong to no organization yet"
        action={
          <a href="/organizations" className="pc-button pc-button-primary">
            Your organizations
          </a>
        }
      >
        Ask for an invitation, or make an organization of your own.
      </Empty>
    </div>
  );
}
