# Databricks notebook source
one = 1
