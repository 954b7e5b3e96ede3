//! What the fuzz targets do: see `checks`.

pub mod checks;
