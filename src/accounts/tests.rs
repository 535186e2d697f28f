//! Tests of the input to the forms of accounts.

use proptest::prelude::*;

use super::{Email, HashingCost, NewUser, Password, Passwords};
use crate::error::Error;
use crate::secret::Secret;

fn choose(text: &str) -> Result<Password, &'static str> {
    Password::choose(&Secret::new(text), Email::parse("alice@example.com").ok().as_ref())
}

#[test]
fn an_address_is_trimmed_and_must_be_able_to_receive_mail() {
    assert_eq!(Email::parse("  Alice@Example.com ").unwrap().as_str(), "Alice@Example.com");
    for bad in ["", "alice", "alice@", "@example.com", "a b@example.com", "a@b@c", "alice@example.com\nBcc: x@y.z"] {
        assert!(Email::parse(bad).is_err(), "{bad:?} was accepted");
    }
    assert!(Email::parse(&format!("{}@example.com", "a".repeat(250))).is_err());
}

#[test]
fn a_password_needs_enough_characters_and_must_not_be_common() {
    assert!(choose("äöüßéèêçñ").unwrap_err().contains("10 characters or more"));
    assert!(choose("äöüßéèêçñ!").is_ok());
    assert!(choose(&"ab".repeat(100)).is_ok());
    assert!(choose(&"ab".repeat(101)).unwrap_err().contains("200 characters or fewer"));
    for guessed in ["Password123", "qwertyuiop", "aaaaaaaaaaaa", "ALICE@example.com"] {
        assert!(choose(guessed).unwrap_err().contains("harder to guess"), "{guessed} was accepted");
    }
}

#[test]
fn the_list_of_common_passwords_contains_only_otherwise_acceptable_ones() {
    let list = include_str!("common_passwords.txt");
    assert!(list.lines().is_sorted());
    assert!(list.lines().all(|line| line.len() >= 10 && line == line.to_lowercase()));
}

#[test]
fn all_faults_of_a_form_are_reported_in_the_order_of_its_fields() {
    let Err(Error::Invalid(faults)) = NewUser::parse("", " ", &Secret::new("short")) else { panic!("accepted") };
    let fields: Vec<_> = faults.faults().iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["email", "display_name", "password"]);
}

#[tokio::test]
async fn a_password_is_the_same_in_every_spelling_of_its_letters() {
    let (composed, decomposed) = ("Gr\u{f6}\u{df}enwahn-\u{dc}bung 7", "Gro\u{308}\u{df}enwahn-U\u{308}bung 7");
    let passwords = Passwords::with_cost(HashingCost { memory_kib: 64, passes: 1 });
    for chosen in [composed, decomposed] {
        let hash = passwords.hash(&choose(chosen).unwrap()).await.unwrap();
        for typed in [composed, decomposed] {
            assert!(passwords.verify(&Secret::new(typed), Some(hash.clone())).await.unwrap(), "{typed:?}");
        }
    }
    // hashed as it was typed, by an older version
    let hasher = argon2::Argon2::default();
    let old = argon2::PasswordHasher::hash_password(&hasher, decomposed.as_bytes()).unwrap().to_string();
    assert!(passwords.verify(&Secret::new(decomposed), Some(old.clone())).await.unwrap());
    assert!(!passwords.verify(&Secret::new(composed), Some(old)).await.unwrap());
}

proptest! {
    #[test]
    fn any_input_is_accepted_or_refused_with_a_sentence(email in ".{0,300}", name in ".{0,100}", password in ".{0,220}") {
        if let Ok(new) = NewUser::parse(&email, &name, &Secret::new(password)) {
            prop_assert!((1..=80).contains(&new.display_name.chars().count()));
            prop_assert!(new.email.as_str().len() <= 254);
        }
    }
}
