//! Atoms: the overlay of VT regions and veiligheidsregios.
