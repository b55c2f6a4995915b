#pragma once
// The SHA-2 functions on a context of the caller's own are deprecated since 3.0, and three times as fast on short input
// as the ones that fetch an algorithm by name; without this line each use of them is a warning.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

// What to take from key parameters; the macro is an expression of macros, which Swift does not import.
static const int COpenSSL_public_key_selection = EVP_PKEY_PUBLIC_KEY;
